/**
 * Trains `auto` on tables that were split and fitted by peers.py, measures it on the same rows, and prints the table:
 *
 *     node benchmarks/training/auto/auto.ts FOLDER BUDGET SPLITS [NAME,NAME]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { mean, measured, metricOf, type Ours, type Result } from './measured.ts';

const PEERS = ['linear', 'forest', 'hist', 'xgboost'] as const;
type Peers = Readonly<Record<(typeof PEERS)[number], Result>>;

const [, , folder = '', budget = '60s', splits = '1', only] = process.argv;
const json = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8'));
const targets = json<Record<string, [string, string]>>(join(import.meta.dirname, 'targets.json'));
const peers = json<Record<string, Peers>>(join(folder, 'peers.json'));

const found: Record<string, Ours> = {};
for (const [name, [target, task]] of Object.entries(targets)) {
  if (only !== undefined && !only.split(',').includes(name)) continue;
  for (let split = 0; split < Number(splits); split++) {
    const key = `${name}-${split}`;
    found[key] = await measured({ folder, key, target, task, budget });
    process.stderr.write(`${key} ${found[key].seconds.toFixed(0)} s\n`);
    writeFileSync(join(folder, 'ours.json'), JSON.stringify(found, null, 1));
  }
}

const sides = [...PEERS, 'auto'] as const;
const ranks = new Map<string, number[]>(sides.map((side) => [side, []]));
console.log(`| table | metric | splits | ${sides.join(' | ')} | s | ms a row | KB |`);
console.log(`| --- | --- | ---: | ${sides.map(() => '---:').join(' | ')} | ---: | ---: | ---: |`);
for (const name of Object.keys(targets)) {
  const keys = Object.keys(found).filter((key) => key.replace(/-\d+$/, '') === name);
  const [first] = keys;
  const linear = first === undefined ? undefined : peers[first]?.linear;
  if (!linear) continue;
  const metric = metricOf(linear);
  const values = sides.map((side) =>
    mean(keys.map((key) => (side === 'auto' ? found[key] : peers[key]?.[side])?.[metric] ?? Number.NaN)),
  );
  const isBetter = (a: number, b: number): boolean => (metric === 'rocAuc' ? a > b : a < b);
  const rank = values.map((value) => 1 + values.filter((other) => isBetter(other, value)).length);
  for (const [place, side] of sides.entries()) ranks.get(side)?.push(rank[place] ?? Number.NaN);
  const shown = values.map((value, place) =>
    rank[place] === 1 ? `**${Number(value.toPrecision(4))}**` : String(Number(value.toPrecision(4))),
  );
  const of = (what: 'seconds' | 'row' | 'kilobytes'): number =>
    mean(keys.map((key) => found[key]?.[what] ?? Number.NaN));
  console.log(
    `| ${name} | ${metric} | ${keys.length} | ${shown.join(' | ')} | ${of('seconds').toFixed(0)} | ${of('row').toFixed(2)} | ${of('kilobytes').toFixed(0)} |`,
  );
}
console.log(
  `| mean rank | | | ${sides.map((side) => mean(ranks.get(side) ?? []).toFixed(2)).join(' | ')} | | | |`,
);
