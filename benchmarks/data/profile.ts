import { dataAdd, dataProfile } from '@trestle/plugin-data';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { openDuck } from './duckdb.ts';
import { inFreshProject, timeOf } from './fresh-project.ts';
import { withFlights } from './with-flights.ts';

/** `data profile` of a version that has no profile yet. */
const profiling = (rows: number): Promise<Ready> =>
  withFlights(rows, 'parquet', async (path) => ({
    measure: () =>
      inFreshProject(async (host) => {
        await host.run(dataAdd, { path, name: 'flights' }, { surface: 'cli' });
        return { ms: await timeOf(() => host.run(dataProfile, { name: 'flights' })) };
      }),
  }));

const summarising = (rows: number): Promise<Ready> =>
  withFlights(rows, 'parquet', async (path) => {
    const duck = await openDuck();
    return {
      measure: async () => ({ ms: await duck.timeOf(`SUMMARIZE FROM '${path}'`) }),
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
      ],
      ours: () => profiling(rows),
      peers: { SUMMARIZE: () => summarising(rows) },
    },
  ];
}
