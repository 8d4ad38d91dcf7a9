import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataAdd, dataValidate, type ExpectationInput } from '@trestle/plugin-data';
import type { Comparison, Ready } from '../runner/comparison.ts';
import { openDuck } from './duckdb.ts';
import { openProject, timeOf } from './fresh-project.ts';
import { withFlights } from './with-flights.ts';

/** Twenty expectations that hold, each with the aggregate that a person would write for it. */
const EXPECTED: readonly (readonly [ExpectationInput, string])[] = [
  [{ type: 'table.rowCount', min: 1 }, 'count(*)'],
  ...['date', 'delay', 'distance', 'origin', 'destination'].map(
    (column) =>
      [{ type: 'column.notNull', column }, `count(*) FILTER (${column} IS NULL)`] satisfies readonly [
        ExpectationInput,
        string,
      ],
  ),
  [
    { type: 'column.between', column: 'delay', min: -2_000, max: 2_000 },
    'count(*) FILTER (delay < -2000 OR delay > 2000)',
  ],
  [
    { type: 'column.between', column: 'distance', min: 0, max: 6_000 },
    'count(*) FILTER (distance < 0 OR distance > 6000)',
  ],
  [
    { type: 'column.between', column: 'date', min: '2000-01-01', max: '2002-01-01' },
    "count(*) FILTER (date < '2000-01-01' OR date > '2002-01-01')",
  ],
  [
    { type: 'column.inSet', column: 'origin', values: ['ATL', 'ORD', 'DFW', 'LAX'], mostly: 0.05 },
    "count(*) FILTER (origin IS NOT NULL AND origin NOT IN ('ATL', 'ORD', 'DFW', 'LAX'))",
  ],
  [
    { type: 'column.matches', column: 'origin', pattern: '[A-Z0-9]{3}' },
    "count(*) FILTER (NOT regexp_full_match(origin, '[A-Z0-9]{3}'))",
  ],
  [
    { type: 'column.matches', column: 'destination', pattern: '[A-Z0-9]{3}' },
    "count(*) FILTER (NOT regexp_full_match(destination, '[A-Z0-9]{3}'))",
  ],
  [
    { type: 'row.sql', expression: 'origin <> destination', mostly: 0.99 },
    'count(*) FILTER ((origin <> destination) IS NOT TRUE)',
  ],
  [
    { type: 'row.sql', expression: 'delay < 24 * 60 OR distance > 100' },
    'count(*) FILTER ((delay < 24 * 60 OR distance > 100) IS NOT TRUE)',
  ],
  [{ type: 'column.aggregate', column: 'delay', of: 'mean', min: -100, max: 100 }, 'avg(delay)'],
  [
    { type: 'column.aggregate', column: 'delay', of: 'median', min: -100, max: 100 },
    'approx_quantile(delay, 0.5)',
  ],
  [{ type: 'column.aggregate', column: 'distance', of: 'std', min: 1 }, 'stddev_samp(distance)'],
  [{ type: 'column.aggregate', column: 'distance', of: 'max', max: 6_000 }, 'max(distance)'],
  [
    { type: 'column.aggregate', column: 'origin', of: 'distinct', min: 100, max: 500 },
    'count(DISTINCT origin)',
  ],
  [{ type: 'table.sql', expression: 'max(delay) - min(delay) < 10000' }, 'max(delay) - min(delay) < 10000'],
];

const validating = (rows: number): Promise<Ready> =>
  withFlights(rows, 'parquet', async (path) => {
    const { host, dir, close } = await openProject();
    await host.run(dataAdd, { path, name: 'flights' }, { surface: 'cli' });
    const suite = join(dir, 'suite.json');
    await writeFile(suite, JSON.stringify({ expectations: EXPECTED.map(([expectation]) => expectation) }));
    return {
      async measure() {
        let failed: readonly string[] = [];
        const ms = await timeOf(async () => {
          const { results } = await host.run(dataValidate, { name: 'flights', suite }, { surface: 'cli' });
          failed = results.filter((result) => !result.passed).map((result) => result.expectation);
        });
        if (failed.length > 0) throw new Error(`These do not hold: ${failed.join(', ')}.`);
        return { ms };
      },
      close,
    };
  });

const asking = (rows: number): Promise<Ready> =>
  withFlights(rows, 'parquet', async (path) => {
    const duck = await openDuck();
    const list = EXPECTED.map(([, sql], index) => `${sql} AS e${index}`);
    return {
      measure: async () => ({ ms: await duck.timeOf(`SELECT ${list.join(', ')} FROM '${path}'`) }),
      close: () => duck.close(),
    };
  });

/** Twenty expectations over the flights, beside one statement with their aggregates. */
export function expectationComparisons(isQuick: boolean): readonly Comparison[] {
  const rows = isQuick ? 200_000 : 3_000_000;
  const sql = 'hand-written SQL';
  return [
    {
      rows: [
        {
          name: `${EXPECTED.length} expectations`,
          reading: 'ms',
          unit: 'ms',
          better: 'lower',
          target: { over: sql, atMost: 2 },
        },
      ],
      ours: () => validating(rows),
      peers: { [sql]: () => asking(rows) },
    },
  ];
}
