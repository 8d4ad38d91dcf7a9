import { parseArgs } from 'node:util';

export interface BenchArguments {
  readonly suite: string | undefined;
  /** Parts of names of rows; all rows when there are none. */
  readonly names: readonly string[];
  readonly jsonFile: string | undefined;
  readonly markdownFile: string | undefined;
  readonly isQuick: boolean;
  /** How large the work is to be, for a suite that has such work. */
  readonly rows: number | undefined;
}

/** `SUITE [NAME...] [--json FILE] [--markdown FILE] [--quick] [--rows N]`. Throws a TypeError that says what was not understood. */
export function parseArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'string' },
      markdown: { type: 'string' },
      quick: { type: 'boolean', default: false },
      rows: { type: 'string' },
    },
    allowPositionals: true,
  });
  const [suite, ...names] = positionals;
  const rows = values.rows === undefined ? undefined : Number(values.rows);
  if (rows !== undefined && !(Number.isInteger(rows) && rows > 0))
    throw new TypeError(`--rows takes a whole number, not "${values.rows}".`);
  const { json: jsonFile, markdown: markdownFile, quick: isQuick } = values;
  return { suite, names, jsonFile, markdownFile, isQuick, rows };
}
