import { parseArgs } from 'node:util';

export interface BenchArguments {
  readonly suite: string | undefined;
  readonly jsonFile: string | undefined;
  readonly isQuick: boolean;
}

/** `SUITE [--json FILE] [--quick]`. Throws a TypeError that says what was not understood. */
export function parseArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...argv],
    options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new TypeError(`One suite at a time, not ${positionals.join(', ')}.`);
  return { suite: positionals[0], jsonFile: values.json, isQuick: values.quick };
}
