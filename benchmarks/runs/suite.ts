import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { openHost } from '@trestle/kernel';
import { runColumns, runCompare, runSeries, runTable, trackingPlugin } from '@trestle/plugin-tracking';
import { metadataToken, storePlugin } from '@trestle/store';
import { sql } from 'kysely';
import { timeOf } from '../data/fresh-project.ts';
import type { Comparison, Readings, Ready, Suite } from '../runner/comparison.ts';
import { fillRuns } from './fill.ts';
import { fillPoints } from './fill-points.ts';

const { TRESTLE_BENCH_POSTGRES: address } = process.env;

/** A store with many runs, as a page asks it. */
async function asked(runs: number, points: number, config: object): Promise<Ready> {
  const dir = await mkdtemp(join(tmpdir(), 'trestle-bench-runs-'));
  await writeFile(join(dir, 'trestle.config.json'), JSON.stringify(config));
  const host = await openHost({ projectDir: dir, plugins: [storePlugin, trackingPlugin], cwd: dir });
  await fillRuns(host, runs);
  const long = await fillPoints(dir, points);
  const { rows } = await host.run(runTable, { limit: 500, experiment: 'team', sort: 'metric:metric7' });
  const many = rows.map(({ run }) => run);
  const page = { limit: 100 } as const;
  return {
    measure: async (): Promise<Readings> => ({
      sorted: await timeOf(() => host.run(runTable, { ...page, sort: 'metric:metric1', order: 'desc' })),
      deep: await timeOf(() => host.run(runTable, { ...page, sort: 'min:metric1', offset: runs - 200 })),
      rare: await timeOf(() => host.run(runTable, { ...page, sort: 'metric:metric123', offset: runs / 2 })),
      param: await timeOf(() => host.run(runTable, { ...page, sort: 'param:param2' })),
      within: await timeOf(() =>
        host.run(runTable, { ...page, sort: 'metric:metric1', experiment: 'team/7' }),
      ),
      chosen: await timeOf(() =>
        host.run(runTable, {
          ...page,
          sort: 'metric:metric1',
          where: ['metric:metric2<0.1', 'param:param3>=0.5'],
        }),
      ),
      columns: await timeOf(() => host.run(runColumns, {})),
      columnsWithin: await timeOf(() => host.run(runColumns, { experiment: 'team/7' })),
      compared: await timeOf(() => host.run(runTable, { runs: many, limit: 500 })),
      comparedWhole: await timeOf(() =>
        host.run(runCompare, { first: many[0] ?? '', second: many[1] ?? '', more: many.slice(2) }),
      ),
      million: await timeOf(() => host.run(runSeries, { runs: [long], metrics: ['loss'] })),
      zoomed: await timeOf(() =>
        host.run(runSeries, { runs: [long], metrics: ['loss'], from: points / 2, to: points / 2 + 100_000 }),
      ),
    }),
    async close() {
      if ('postgres' in config)
        await (await host.service(metadataToken)).write(
          async (db) => void (await sql`drop schema if exists trestle_bench_runs cascade`.execute(db)),
        );
      await host.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const at = (name: string, reading: string, atMost?: number) => ({
  ...{ name, reading, unit: 'ms', better: 'lower' as const },
  ...(atMost === undefined ? {} : { target: { over: 'itself', atMost } }),
});

function comparison(isQuick: boolean): Comparison {
  const [runs, points] = isQuick ? [5_000, 100_000] : [100_000, 1_000_000];
  const postgres = {
    plugins: [fileURLToPath(import.meta.resolve('@trestle/store-postgres'))],
    postgres: { url: address, schema: 'trestle_bench_runs' },
  };
  return {
    rows: [
      at('a page sorted by a metric', 'sorted', 300),
      at('its end', 'deep', 300),
      at('sorted by a metric that few have', 'rare', 300),
      at('sorted by a parameter', 'param', 300),
      at('of one experiment in 20', 'within', 300),
      at('where two conditions hold', 'chosen', 300),
      at('which keys there are, and which differ', 'columns'),
      at('the same of one experiment in 20', 'columnsWithin'),
      at('500 runs side by side, as the page asks', 'compared', 1_000),
      at('500 runs side by side, whole', 'comparedWhole', 1_000),
      at('a series of all points', 'million', 250),
      at('a tenth of it', 'zoomed', 250),
    ],
    ours: () => asked(runs, points, {}),
    peers: {
      'ours on Postgres': () =>
        address === undefined
          ? { why: 'no database that lets us in, in TRESTLE_BENCH_POSTGRES' }
          : asked(runs, points, postgres),
    },
  };
}

export const suite: Suite = {
  summary:
    '100,000 runs with a thousand different keys as a page asks for them, and a series of a million points',
  rounds: 5,
  comparisons: ({ isQuick }) => [comparison(isQuick)],
};
