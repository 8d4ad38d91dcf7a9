import { join } from 'node:path';
import { dataAdd } from '@trestle/plugin-data';
import { pipelineRun } from '@trestle/plugin-pipeline';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { FLIGHTS, openDuck } from './duckdb.ts';
import { inFreshProject, timeOf } from './fresh-project.ts';
import { withFlights } from './with-flights.ts';

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

/** The 1 % that is appended. */
async function writeMore(path: string, rows: number): Promise<void> {
  const duck = await openDuck();
  await duck.connection.run(`COPY (SELECT * FROM '${FLIGHTS}' LIMIT ${rows}) TO '${path}' (FORMAT parquet)`);
  duck.close();
}

const rerun = (rows: number): Promise<Ready> =>
  withFlights(rows, 'parquet', async (all, dir) => {
    const more = join(dir, 'more.parquet');
    await writeMore(more, rows / 100);
    const data = { pipelines: [{ name: 'flights', steps: STEPS }] };
    return {
      // In a project of its own, where no step was ever run.
      measure: () =>
        inFreshProject(
          async (host) => {
            const add = (path: string, append: boolean) =>
              host.run(dataAdd, { path, name: 'flights', append }, { surface: 'cli' });
            await add(all, false);
            const first = await timeOf(() => host.run(pipelineRun, { name: 'flights' }));
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
          { data },
        ),
    };
  });

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
