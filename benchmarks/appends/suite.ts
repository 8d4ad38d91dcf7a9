import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { dataQuery } from '@trestle/plugin-data';
import { inFreshProject } from '../data/fresh-project.ts';
import type { Comparison, Readings, Suite } from '../runner/comparison.ts';

interface Told {
  readonly landed: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly milliseconds: readonly number[];
}

/** Processes that append a row at a time to one dataset, all at once. What is lost, or refused without a word, is no result. */
const atOnce = (processes: number, appends: number): Promise<Readings> =>
  inFreshProject(async (host, dir) => {
    const startedAt = performance.now();
    const told = await Promise.all(
      Array.from({ length: processes }, (_, index) => inProcess(dir, 1 + index * appends, appends)),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    const landed = told.reduce((sum, one) => sum + one.landed, 0);
    const refused = told.flatMap((one) => Object.entries(one.refused));
    if (refused.some(([code]) => !CONFLICTS.includes(code)))
      throw new Error(`Some appends failed otherwise than by a conflict: ${JSON.stringify(refused)}`);
    const { rows } = await host.run(dataQuery, {
      sql: 'SELECT count(*) AS rows, count(DISTINCT a) AS different FROM first',
    });
    const [found] = rows;
    // The row that was there before is one of them.
    if (Number(found?.rows) !== landed + 1 || Number(found?.different) !== landed + 1)
      throw new Error(`${landed} appends were confirmed; found: ${JSON.stringify(found)}`);
    const waits = told.flatMap((one) => one.milliseconds).toSorted((a, b) => a - b);
    return {
      perSecond: landed / seconds,
      refused: processes * appends - landed,
      median: waits[Math.floor(waits.length / 2)] ?? Number.NaN,
      longest: waits.at(-1) ?? Number.NaN,
    };
  });

const CONFLICTS: readonly string[] = ['TRS_DATA_APPEND_CONFLICT', 'TRS_STORE_LOCKED'];

async function inProcess(dir: string, first: number, count: number): Promise<Told> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'append-process.ts'), dir, String(first), String(count)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let landed = 0;
  const refused: Record<string, number> = {};
  const milliseconds: number[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const [end = '', wait = ''] = line.split(' ');
    if (end === 'landed') landed++;
    else refused[end] = (refused[end] ?? 0) + 1;
    milliseconds.push(Number(wait));
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`A process that appends ended with ${code}.`);
  return { landed, refused, milliseconds };
}

function comparison(isQuick: boolean): Comparison {
  const [processes, appends] = isQuick ? [4, 5] : [20, 100];
  const name = `${processes} processes x ${appends} appends`;
  return {
    once: true,
    rows: [
      { name: `${name}: landed`, reading: 'perSecond', unit: '1/s', better: 'higher' },
      {
        name: `${name}: refused by a conflict`,
        reading: 'refused',
        unit: 'appends',
        better: 'lower',
        target: { over: 'itself', atMost: (processes * appends) / 100 },
      },
      { name: `${name}: median wait`, reading: 'median', unit: 'ms', better: 'lower' },
      { name: `${name}: longest wait`, reading: 'longest', unit: 'ms', better: 'lower' },
    ],
    ours: () => ({ measure: () => atOnce(processes, appends) }),
    peers: { 'one process': () => ({ measure: () => atOnce(1, Math.min(appends, 50)) }) },
  };
}

export const suite: Suite = {
  summary: 'rows appended to one dataset by many processes at once: none may be lost',
  comparisons: ({ isQuick }) => [comparison(isQuick)],
};
