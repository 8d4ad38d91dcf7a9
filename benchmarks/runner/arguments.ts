import { parseArgs } from 'node:util';

export interface BenchArguments {
  readonly suite: string | undefined;
  /** Parts of names of rows; all rows when there are none. */
  readonly names: readonly string[];
  readonly jsonFile: string | undefined;
  readonly markdownFile: string | undefined;
  readonly isQuick: boolean;
}

/** `SUITE [NAME...] [--json FILE] [--markdown FILE] [--quick]`. Throws a TypeError that says what was not understood. */
export function parseArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'string' },
      markdown: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  });
  const [suite, ...names] = positionals;
  return { suite, names, jsonFile: values.json, markdownFile: values.markdown, isQuick: values.quick };
}
