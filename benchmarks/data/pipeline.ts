import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { openHost } from '@trestle/kernel';
import { dataAdd, dataPlugin, pipelineRun } from '@trestle/plugin-data';
import { storePlugin } from '@trestle/store';
import type { Comparison, Ready } from '../runner/comparison.ts';

const FLIGHTS = join(
  dirname(fileURLToPath(import.meta.resolve('vega-datasets'))),
  '..',
  'data',
  'flights-3m.parquet',
);

/** Five steps, each of which works on rows alone. */
const STEPS = {
  clean: { sql: 'SELECT * FROM flights WHERE distance > 0', incremental: 'flights' },
  times: {
    sql: 'SELECT *, hour(date) AS hour, dayofweek(date) AS weekday, dayofyear(date) AS day FROM clean',
    incremental: 'clean',
  },
  delays: { sql: 'SELECT *, delay > 15 AS late, delay / distance AS pace FROM times', incremental: 'times' },
  routes: { sql: "SELECT *, origin || '-' || destination AS route FROM delays", incremental: 'delays' },
  features: {
    sql: 'SELECT route, hour, weekday, day, distance, pace, late FROM routes WHERE pace < 10',
    incremental: 'routes',
  },
};

async function write(path: string, rows: number): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (SELECT * FROM '${FLIGHTS}' LIMIT ${rows}) TO '${path}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
}

async function rerun(rows: number): Promise<Ready> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-pipeline-'));
  const pipelines = [{ name: 'flights', steps: STEPS }];
  await writeFile(join(dir, 'trestle.config.json'), JSON.stringify({ data: { pipelines } }));
  const [all, more] = [join(dir, 'all.parquet'), join(dir, 'more.parquet')];
  await write(all, rows);
  await write(more, rows / 100);
  const host = await openHost({ projectDir: dir, plugins: [storePlugin, dataPlugin], cwd: dir });
  const timeOf = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now();
    await work();
    return performance.now() - startedAt;
  };
  const add = (path: string, append: boolean) =>
    host.run(dataAdd, { path, name: 'flights', append }, { surface: 'cli' });
  return {
    async measure() {
      await add(all, false);
      const first = await timeOf(() => host.run(pipelineRun, { name: 'flights', force: true }));
      await add(more, true);
      let states: readonly string[] = [];
      const again = await timeOf(async () => {
        const { steps } = await host.run(pipelineRun, { name: 'flights' });
        states = steps.map((step) => step.state);
      });
      if (states.some((state) => state !== 'appended'))
        throw new Error(`The steps were ${states.join(', ')}.`);
      const nothing = await timeOf(() => host.run(pipelineRun, { name: 'flights' }));
      return { faster: first / again, first, again, nothing };
    },
    async close() {
      await host.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Five incremental steps over 3 million rows: all of them, after 1 % was appended, and with nothing to do. */
export function pipelineComparisons(isQuick: boolean): readonly Comparison[] {
  const ms = (name: string, reading: string) => ({ name, reading, unit: 'ms', better: 'lower' as const });
  return [
    {
      rows: [
        {
          name: '1 % appended, of 5 steps: faster by',
          reading: 'faster',
          unit: 'times',
          better: 'higher',
          target: { over: 'itself', atLeast: 20 },
        },
        ms('5 steps over all rows', 'first'),
        ms('5 steps over 1 % appended', 'again'),
        ms('5 steps with nothing to do', 'nothing'),
      ],
      ours: () => rerun(isQuick ? 200_000 : 3_000_000),
      peers: {},
    },
  ];
}
