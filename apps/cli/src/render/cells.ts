import stringWidth from 'fast-string-width';

/** Fills a text up to some cells of the terminal. */
export function pad(text: string, cells: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, cells - stringWidth(text)));
  return align === 'right' ? space + text : text + space;
}

/** Cuts a text to some cells, with an ellipsis for what is gone. */
export function shorten(text: string, cells: number): string {
  if (stringWidth(text) <= cells) return text;
  let kept = '';
  let used = 1;
  for (const character of text) {
    used += stringWidth(character);
    if (used > cells) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Breaks a text between words into lines of at most some cells; a longer word stays whole. */
export function wrap(text: string, cells: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && stringWidth(longer) > cells) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
