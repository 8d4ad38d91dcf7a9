/** A text as one word of a shell, for command lines that a person copies: `--type 'it'\''s ok=boolean'`. */
export const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
