import { join } from 'node:path';
import { dataAdd, dataProfile } from '@trestle/plugin-data';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { openDuck, writeFlights } from './duckdb.ts';
import { inFreshProject, timeOf } from './fresh-project.ts';
import { withFlights } from './with-flights.ts';

/** `data profile` of a version that has no profile yet, and of the next one, to which a hundredth of its rows was appended. */
const profiling = (rows: number): Promise<Ready> =>
  withFlights(rows, 'parquet', async (path, dir) => {
    const more = join(dir, 'more.parquet');
    await writeFlights(more, rows / 100);
    return {
      measure: () =>
        inFreshProject(async (host) => {
          const added = (path: string, append: boolean) =>
            host.run(dataAdd, { path, name: 'flights', append }, { surface: 'cli' });
          const profiled = () => timeOf(() => host.run(dataProfile, { name: 'flights' }));
          await added(path, false);
          const ms = await profiled();
          await added(more, true);
          return { ms, appended: await profiled() };
        }),
    };
  });

const summarising = (rows: number): Promise<Ready> =>
  withFlights(rows, 'parquet', async (path) => {
    const duck = await openDuck();
    return {
      async measure() {
        const ms = await duck.timeOf(`SUMMARIZE FROM '${path}'`);
        return { ms, appended: ms };
      },
      close: () => duck.close(),
    };
  });

/** Statistics of every column of the flights; ours have histograms, frequent values, meanings and correlations besides. */
export function profileComparisons(isQuick: boolean): readonly Comparison[] {
  const rows = isQuick ? 200_000 : 3_000_000;
  return [
    {
      rows: [
        {
          name: 'profile every column',
          reading: 'ms',
          unit: 'ms',
          better: 'lower',
          target: { over: 'SUMMARIZE', atMost: 2 },
        },
        {
          name: 'profile every column after 1 % was appended',
          reading: 'appended',
          unit: 'ms',
          better: 'lower',
          target: { over: 'SUMMARIZE', atMost: 0.2 },
        },
      ],
      ours: () => profiling(rows),
      peers: { SUMMARIZE: () => summarising(rows) },
    },
  ];
}
