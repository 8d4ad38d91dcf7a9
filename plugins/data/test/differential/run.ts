// `node plugins/data/test/differential/run.ts`: see README.md.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Difference, type Expected, guessedOtherwise, wrong } from './compare.ts';
import { readOurs } from './read.ts';

const FORMATS = ['csv', 'json', 'xlsx'] as const;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string', default: '/usr/bin/python3' },
    out: { type: 'string' },
    keep: { type: 'string' },
  },
});

const dir = values.keep ?? mkdtempSync(join(tmpdir(), 'trestle-differential-'));
const script = fileURLToPath(new URL('peers.py', import.meta.url));
execFileSync(values.python, [script, dir, '--count', values.count, '--seed', values.seed], {
  stdio: 'inherit',
});
const peers = JSON.parse(readFileSync(join(dir, 'peers.json'), 'utf8'));

/** Differences of a kind, the first of them as an example. */
const counted = (all: readonly Difference[]): string[] => {
  const kinds = new Map<string, Difference[]>();
  for (const one of all) kinds.set(one.kind, [...(kinds.get(one.kind) ?? []), one]);
  return [...kinds]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(
      ([kind, some]) =>
        `| ${kind} | ${some.length} | ${some[0]?.file}: ${some[0]?.example.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`,
    );
};

const lines = [
  '# What we read, and what pandas, openpyxl and Python read',
  '',
  `- date: ${new Date().toISOString().slice(0, 10)}`,
  `- pandas ${peers.pandas}, openpyxl ${peers.openpyxl}, seed ${peers.seed}, ${peers.count} files of each format`,
  '',
];
let faults = 0;
for (const format of FORMATS) {
  const expected = readFileSync(join(dir, format, 'expected.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line): Expected => JSON.parse(line));
  const found: { readonly wrong: readonly Difference[]; readonly otherwise: readonly Difference[] }[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let one = expected[next++]; one; one = expected[next++]) {
      const ours = await readOurs(join(dir, format, one.file), one.options);
      found.push({ wrong: wrong(one, ours), otherwise: guessedOtherwise(one, ours) });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const values = expected.reduce((sum, { rows, names }) => sum + rows.length * names.length, 0);
  const bad = found.flatMap((one) => one.wrong);
  faults += bad.length;
  const head = ['| kind | columns | the first |', '| --- | --- | --- |'];
  lines.push(
    `## ${format}`,
    '',
    `${expected.length} files, ${values} values. Values that are not what stands in the file: ${bad.length === 0 ? 'none' : bad.length}.`,
    '',
    ...(bad.length === 0 ? [] : [...head, ...counted(bad), '']),
    'What pandas guesses otherwise:',
    '',
    ...head,
    ...counted(found.flatMap((one) => one.otherwise)),
    '',
  );
}
const text = lines.join('\n');
if (values.out) writeFileSync(values.out, text);
else process.stdout.write(text);
if (values.keep === undefined) rmSync(dir, { recursive: true });
process.exitCode = faults === 0 ? 0 : 1;
