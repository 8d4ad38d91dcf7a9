import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { type Run, runEvents, runSchema } from '@trestle/contracts';
import { type Actor, didYouMean, type Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { trainError } from '../train-error.ts';
import type { TrainingTables } from './run-tables.ts';

const holder = (): string => `${hostname()}:${process.pid}`;

/** Ids that sort by time: `r-` and ten characters. */
export function newRunId(): string {
  const time = Date.now().toString(36).slice(-7).padStart(7, '0');
  return `r-${time}${randomBytes(2).toString('hex').slice(0, 3)}`;
}

/** A run whose process has gone is interrupted, whatever it last wrote. */
function asSeen(record: string, heldBy: string): Run {
  const run = runSchema.parse(JSON.parse(record));
  const [host, pid] = heldBy.split(':');
  const isGone = run.status === 'running' && host === hostname() && !isRunning(Number(pid));
  return isGone ? { ...run, status: 'interrupted' } : run;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function listRuns(scope: Scope, limit = 200): Promise<readonly Run[]> {
  const metadata = await scope.service(metadataToken);
  const rows = await metadata
    .query<TrainingTables>()
    .selectFrom('runs')
    .selectAll()
    .orderBy('started_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => asSeen(row.record, row.holder));
}

/** @throws TRS_TRAIN_UNKNOWN_RUN */
export async function findRun(scope: Scope, id: string): Promise<Run> {
  const metadata = await scope.service(metadataToken);
  const row = await metadata
    .query<TrainingTables>()
    .selectFrom('runs')
    .selectAll()
    .where('run', '=', id)
    .executeTakeFirst();
  if (row) return asSeen(row.record, row.holder);
  const known = (await listRuns(scope)).map((run) => run.run);
  throw trainError('UNKNOWN_RUN', {
    kind: 'not-found',
    message: `There is no run "${id}".${didYouMean(id, known)}`,
    hint: 'See "trestle run list".',
  });
}

/** Records the run as it is now, with the event that tells of it and the edge from its data. */
export async function recordRun(scope: Scope, actor: Actor, run: Run): Promise<void> {
  const metadata = await scope.service(metadataToken);
  await metadata.change<TrainingTables, void>(actor, async (change) => {
    const values = {
      status: run.status,
      record: JSON.stringify(run),
      holder: holder(),
      started_at: run.startedAt,
    };
    await change.db
      .insertInto('runs')
      .values({ run: run.run, ...values })
      .onConflict((conflict) => conflict.column('run').doUpdateSet(values))
      .execute();
    if (run.dataset !== undefined)
      await change.link({ from: `dataset:${run.dataset}`, to: `run:${run.run}`, kind: 'trained' });
    await change.record(runEvents[run.status], `run:${run.run}`, {
      dataset: run.dataset,
      target: run.spec.target,
      metrics: run.metrics.test ?? {},
      modelDigest: run.modelDigest,
    });
  });
}
