/**
 * Trains `auto` as it is, and with nearest neighbours and naive Bayes among what it tries, on the splits that peers.py made, and prints both:
 *
 *     node benchmarks/training/auto/more.ts FOLDER BUDGET SPLITS [NAME,NAME]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { estimator, estimators } from '@trestle/contracts';
import { contribute, plugin } from '@trestle/kernel';
import { naiveBayes, nearest } from '@trestle/plugin-training';
import { mean, measured, metricOf, type Ours } from './measured.ts';

const [, , folder = '', budget = '60s', splits = '1', only] = process.argv;
const targets: Record<string, [string, string]> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'targets.json'), 'utf8'),
);
const of = { aliases: [], isInAuto: true };
const more = plugin({
  name: 'more',
  version: '1.0.0',
  contributions: [
    contribute(estimators, estimator({ ...nearest, ...of, name: 'more-nearest' })),
    contribute(estimators, estimator({ ...naiveBayes, ...of, name: 'more-bayes' })),
  ],
});

interface Pair {
  readonly without: Ours;
  readonly with: Ours;
}
const found: Record<string, Pair> = {};
for (const [name, [target, task]] of Object.entries(targets)) {
  if (only !== undefined && !only.split(',').includes(name)) continue;
  for (let split = 0; split < Number(splits); split++) {
    const key = `${name}-${split}`;
    const given = { folder, key, target, task, budget };
    found[key] = { without: await measured(given), with: await measured({ ...given, more: [more] }) };
    process.stderr.write(`${key} ${found[key].with.seconds.toFixed(0)} s\n`);
    writeFileSync(join(folder, 'more.json'), JSON.stringify(found, null, 1));
  }
}

const rounded = (value: number): number => Number(value.toPrecision(4));
console.log(
  '| table | metric | splits | auto | with both | better of | nearest taken | bayes taken | s | KB | ms a row |',
);
console.log('| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const name of Object.keys(targets)) {
  const pairs = Object.entries(found).flatMap(([key, pair]) =>
    key.replace(/-\d+$/, '') === name ? [pair] : [],
  );
  const [first] = pairs;
  if (!first) continue;
  const metric = metricOf(first.without);
  const values = pairs.map((pair) => [pair.without[metric] ?? Number.NaN, pair.with[metric] ?? Number.NaN]);
  const better = values.filter(([a = 0, b = 0]) => (metric === 'rocAuc' ? b > a : b < a)).length;
  const taken = (name: string): number =>
    pairs.filter((pair) => pair.with.chosen.some((one) => one.startsWith(name))).length;
  const both = (what: 'seconds' | 'kilobytes' | 'row', digits: number): string =>
    [pairs.map((pair) => pair.without[what]), pairs.map((pair) => pair.with[what])]
      .map((list) => mean(list).toFixed(digits))
      .join(' → ');
  console.log(
    `| ${name} | ${metric} | ${pairs.length} | ${rounded(mean(values.map(([a = 0]) => a)))} | ${rounded(mean(values.map(([, b = 0]) => b)))} | ${better} | ${taken('more-nearest')} | ${taken('more-bayes')} | ${both('seconds', 0)} | ${both('kilobytes', 0)} | ${both('row', 2)} |`,
  );
}
