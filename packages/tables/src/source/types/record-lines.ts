import { createReadStream } from 'node:fs';

/** How many columns tell whether an empty line is a row: of one column it's a missing value, of more it's nothing. */
export interface RecordShape {
  /** Empty when nothing is quoted. */
  readonly quote: string;
  readonly columns: number;
  readonly hasHeader: boolean;
}

/**
 * The lines, counted as an editor does, in which some rows of a delimited text begin.
 *
 * @param rows from 1, ascending
 */
export async function recordLines(
  path: string,
  { quote, columns, hasHeader }: RecordShape,
  rows: readonly number[],
): Promise<readonly number[]> {
  const lines: number[] = [];
  let line = 1;
  let start = 1;
  /** The header is in front of the first row. */
  let row = hasHeader ? 0 : 1;
  let isQuoted = false;
  let isEmpty = true;
  let before = '';
  const end = (): boolean => {
    const isRow = !isEmpty || (columns === 1 && row > 0);
    if (isRow) {
      if (rows[lines.length] === row) lines.push(start);
      row++;
    }
    isEmpty = true;
    start = line;
    return lines.length === rows.length;
  };
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 2 ** 20 })) {
    for (const character of String(chunk)) {
      const isBreak = character === '\n' || character === '\r';
      const isSecond = character === '\n' && before === '\r';
      if (isBreak && !isSecond) line++;
      if (character === quote) isQuoted = !isQuoted;
      if (!isBreak || isQuoted) {
        if (character !== '\ufeff') isEmpty = false;
      } else if (isSecond) start = line;
      else if (end()) return lines;
      before = character;
    }
  }
  end();
  return lines;
}
