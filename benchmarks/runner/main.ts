// Finds the suite, runs it, shows the table, writes the JSON. Exit code 1 when a side of ours failed, 2 for wrong usage;
// a missed target is a result, not a failure: the JSON says it.
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { type BenchArguments, parseArguments } from './arguments.ts';
import type { Comparison, Suite } from './comparison.ts';
import { describeMachine } from './machine.ts';
import { markdownOf } from './markdown.ts';
import { measure } from './measure.ts';
import type { Result, ResultRow } from './result.ts';
import { lineOf, tableOf } from './table.ts';

const folder = dirname(import.meta.dirname);

function suiteNames(): readonly string[] {
  return readdirSync(folder).filter((name) =>
    statSync(join(folder, name, 'suite.ts'), { throwIfNoEntry: false })?.isFile(),
  );
}

async function load(name: string): Promise<Suite> {
  const module: { readonly suite: Suite } = await import(pathToFileURL(join(folder, name, 'suite.ts')).href);
  return module.suite;
}

async function run(
  name: string,
  names: readonly string[],
  { isQuick, rows: size }: Pick<BenchArguments, 'isQuick' | 'rows'>,
): Promise<Result> {
  const suite = await load(name);
  process.stderr.write(`${name}: ${suite.summary}\n`);
  const machine = describeMachine((await suite.facts?.()) ?? {});
  const rows: ResultRow[] = [];
  const all = await suite.comparisons({ isQuick, rows: size });
  const isWanted = ({ rows: own }: Comparison): boolean =>
    names.length === 0 || own.some((row) => names.some((part) => row.name.includes(part)));
  const wanted = all.filter(isWanted);
  if (wanted.length === 0) {
    const known = new Set(all.flatMap((comparison) => comparison.rows.map((row) => row.name)));
    throw new TypeError(`No row is called like ${names.join(' or ')}. There are: ${[...known].join('; ')}.`);
  }
  const rounds = wanted.every(({ once }) => once) ? 1 : isQuick ? 3 : (suite.rounds ?? 7);
  for (const comparison of wanted) {
    process.stderr.write(`  ${[...new Set(comparison.rows.map((row) => row.name))].join(', ')}…\n`);
    const measured = await measure(comparison, rounds);
    // At once: a long run that is broken off has told something.
    for (const row of measured) process.stderr.write(`    ${lineOf(row)}\n`);
    rows.push(...measured);
  }
  return { suite: name, isQuick, rounds, machine, rows };
}

async function main(): Promise<number> {
  const { suite, names, jsonFile, markdownFile, ...size } = parseArguments(process.argv.slice(2));
  const known = suiteNames();
  if (suite === undefined || !known.includes(suite)) {
    const problem = suite === undefined ? 'Which suite?' : `There is no suite "${suite}".`;
    process.stderr.write(
      `${problem} npm run bench -- ${known.join(' | ')} [ROW...] [--json FILE] [--markdown FILE] [--quick] [--rows N]\n`,
    );
    return 2;
  }
  const result = await run(suite, names, size);
  process.stdout.write(`${tableOf(result)}\n`);
  if (jsonFile !== undefined) writeFileSync(jsonFile, `${JSON.stringify(result, null, 2)}\n`);
  if (markdownFile !== undefined) writeFileSync(markdownFile, markdownOf(result));
  return result.rows.some((row) => row.ours === null) ? 1 : 0;
}

process.exitCode = await main().catch((thrown: unknown) => {
  process.stderr.write(`bench: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  return thrown instanceof TypeError ? 2 : 1;
});
