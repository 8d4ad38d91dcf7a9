import type { Scope } from '@trestle/kernel';
import { metadataToken, readStored } from '@trestle/store';
import { z } from 'zod';
import { byRun } from '../by-run.ts';
import { statusesOf } from '../read-runs.ts';
import type { TrackingTables } from '../tracking-tables.ts';
import { findRuns, type RunsWanted } from './find-runs.ts';

/** A page of runs, light: what a line of a table shows. @throws as findRuns */
export async function runTable(scope: Scope, wanted: RunsWanted) {
  const { ids, total } = await findRuns(scope, wanted);
  const { clock, query } = await scope.service(metadataToken);
  const db = query<TrackingTables>();
  if (ids.length === 0) return { total, offset: wanted.offset ?? 0, rows: [] };
  const rows = await statusesOf(scope, db, clock, ids);
  const [params, metrics, tags] = await Promise.all([
    db.selectFrom('run_params').select(['run', 'name', 'value']).where('run', 'in', ids).execute(),
    db.selectFrom('run_summaries').selectAll().where('run', 'in', ids).execute(),
    db.selectFrom('run_tags').selectAll().where('run', 'in', ids).execute(),
  ]);
  const [paramsOf, metricsOf, tagsOf] = [byRun(params), byRun(metrics), byRun(tags)];
  return {
    total,
    offset: wanted.offset ?? 0,
    rows: ids.flatMap((run) => {
      const row = rows.get(run);
      if (row === undefined) return [];
      return [
        {
          ...row,
          params: Object.fromEntries(
            paramsOf(run).map(({ name, value }) => [name, readStored(z.unknown(), value).value]),
          ),
          metrics: Object.fromEntries(
            metricsOf(run).map((one) => [
              one.name,
              {
                last: one.last,
                ...(one.last_special === null ? {} : { special: one.last_special }),
                ...{ low: one.low, high: one.high, points: Number(one.points) },
                lastStep: Number(one.last_at),
              },
            ]),
          ),
          tags: Object.fromEntries(tagsOf(run).map(({ name, value }) => [name, value])),
        },
      ];
    }),
  };
}
