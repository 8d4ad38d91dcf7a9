import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What parts fields in some texts, and is a part of values in most: it is not looked for unless a person says so. */
const DELIMITERS: readonly { readonly pattern: RegExp; readonly option?: string; readonly what: string }[] = [
  { pattern: / /, option: '" "', what: 'a space' },
  { pattern: /:/, option: ':', what: '":"' },
  { pattern: /~/, option: '"~"', what: '"~"' },
  { pattern: /\^/, option: '"^"', what: '"^"' },
  { pattern: / +/, what: 'several spaces' },
];
const LOOKED = 100;
const NUMBER = /^-?\d+([.,]\d+)?$/;

/**
 * What is to be said of a text that has one column alone, whose first lines another delimiter parts into as many fields each, one
 * of them of numbers.
 */
export async function otherDelimiterNote(path: string, shown: string): Promise<string | undefined> {
  const lines: string[] = [];
  const stream = createReadStream(path, { encoding: 'utf8', end: 2 ** 20 });
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') lines.push(line.trim());
    if (lines.length > LOOKED) break;
  }
  stream.destroy();
  const [header, ...rest] = lines;
  if (header === undefined || rest.length === 0) return undefined;
  for (const { pattern, option, what } of DELIMITERS) {
    const fields = header.split(pattern).length;
    const rows = rest.map((line) => line.split(pattern));
    if (fields < 2 || rows.some((row) => row.length !== fields || row.includes(''))) continue;
    const hasNumbers = [...Array(fields).keys()].some((at) =>
      rows.every((row) => NUMBER.test(row[at] ?? '')),
    );
    if (!hasNumbers) continue;
    return option === undefined
      ? `"${shown}" has one column. If ${what} part others, put one sign between them: tr -s ' ' ',' < FILE`
      : `"${shown}" has one column. If ${what} parts others: --delimiter ${option}`;
  }
  return undefined;
}
