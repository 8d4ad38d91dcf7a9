import { basename } from 'node:path';
import { type RunStatus, runChanged, runEvents, type TrackedRun } from '@trestle/contracts';
import { type Context, lostNumber } from '@trestle/kernel';
import { blobsToken, type Change, metadataToken } from '@trestle/store';
import { findRun } from './read-runs.ts';
import { newRunId } from './run-id.ts';
import { trackingError } from './tracking-error.ts';
import type { TrackingTables } from './tracking-tables.ts';
import { addMetrics, addNotes, setParams } from './write-rows.ts';

const now = (): string => new Date().toISOString();

/** `name=value`; what reads as JSON without becoming another number is that, and the rest is text. */
function pair(text: string): readonly [string, unknown] {
  const cut = text.indexOf('=');
  const [name, value] = [text.slice(0, cut), text.slice(cut + 1)];
  if (lostNumber(value) !== undefined) return [name, value];
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, value];
  }
}

export async function startRun(
  ctx: Context,
  input: {
    readonly experiment: string;
    readonly param: readonly string[];
    readonly parent?: string | undefined;
  },
) {
  if (input.parent !== undefined) await findRun(ctx, input.parent);
  const run = newRunId();
  const { experiment } = input;
  await (await ctx.service(metadataToken)).change<TrackingTables, void>(ctx, async (change) => {
    await change.db
      .insertInto('tracked_runs')
      .values({
        run,
        kind: 'custom',
        experiment,
        status: 'running',
        parent: input.parent ?? null,
        job: null,
        facts: '{}',
        error: null,
        by: ctx.principal.id,
        started_at: now(),
        finished_at: null,
        deleted_at: null,
      })
      .execute();
    await setParams(change.db, run, Object.fromEntries(input.param.map(pair)));
    await change.record(runEvents.running, `run:${run}`, { kind: 'custom', experiment });
  });
  return { run, experiment, status: 'running' as const };
}

/** A run that its owner logs to: others are written by the job that does them. @throws TRS_TRACKING_NOT_OWN, TRS_TRACKING_OVER */
async function ownRun(ctx: Context, id: string): Promise<TrackedRun> {
  const run = await findRun(ctx, id);
  if (run.kind !== 'custom') {
    throw trackingError('NOT_OWN', {
      kind: 'conflict',
      message: `The run "${id}" is a ${run.kind}: what is measured in it, and when it ends, its job says.`,
      hint: 'Begin a run of your own with "trestle run start", with --parent if it belongs to this one.',
      details: { run: id, kind: run.kind },
    });
  }
  if (run.status === 'running') return run;
  throw trackingError('OVER', {
    kind: 'conflict',
    message: `The run "${id}" is over: it ${run.status}.`,
    hint: 'Begin another one with "trestle run start".',
    details: { run: id, status: run.status },
  });
}

export async function logToRun(
  ctx: Context,
  input: {
    readonly run: string;
    readonly metric: readonly string[];
    readonly step?: number | undefined;
    readonly artifact: readonly string[];
  },
) {
  const { run } = await ownRun(ctx, input.run);
  const metrics = input.metric.map((text) => {
    const [name, value] = pair(text);
    if (typeof value === 'number') return { name, value };
    throw trackingError('METRIC', {
      kind: 'invalid',
      message: `"${text}" is no measurement: "${String(value)}" is no number that can be kept as it is.`,
      hint: 'Give name=number; what JSON cannot hold (NaN, infinity, whole numbers beyond 2^53) cannot be kept.',
      details: { metric: name },
    });
  });
  const blobs = await ctx.service(blobsToken);
  const files: { readonly name: string; readonly digest: string; readonly bytes: number }[] = [];
  for (const path of input.artifact) {
    const { createReadStream } = await import('node:fs');
    const file = await ctx.files.read(path);
    files.push({ name: basename(path), ...(await blobs.put(createReadStream(file))) });
  }
  await (await ctx.service(metadataToken)).write<TrackingTables, void>(async (db) => {
    const newest = await db
      .selectFrom('run_metrics')
      .select(['name', (select) => select.fn.max('at').as('at')])
      .where('run', '=', run)
      .groupBy('name')
      .execute();
    const last = new Map(newest.map(({ name, at }) => [name, Number(at)]));
    const time = now();
    await addMetrics(
      db,
      run,
      metrics.map(({ name, value }) => ({ name, value, time, at: input.step ?? (last.get(name) ?? -1) + 1 })),
    );
    for (const { name, digest, bytes } of files)
      await db
        .insertInto('run_artifacts')
        .values({ run, name, digest, bytes })
        .onConflict((conflict) => conflict.columns(['run', 'name']).doUpdateSet({ digest, bytes }))
        .execute();
  }, ctx);
  return { run, logged: metrics.length + files.length };
}

export async function finishRun(
  ctx: Context,
  input: {
    readonly run: string;
    readonly status: Exclude<RunStatus, 'running'>;
    readonly error?: string | undefined;
  },
) {
  const { run, experiment } = await ownRun(ctx, input.run);
  const { status } = input;
  await (await ctx.service(metadataToken)).change<TrackingTables, void>(ctx, async (change) => {
    await change.db
      .updateTable('tracked_runs')
      .set({ status, error: input.error ?? null, finished_at: now() })
      .where('run', '=', run)
      .execute();
    await change.record(runEvents[status], `run:${run}`, { kind: 'custom', experiment });
  });
  return { run, status };
}

/** A change of what is said of a run, with the event that tells of it. */
async function say(
  ctx: Context,
  id: string,
  change: 'tagged' | 'noted' | 'moved' | 'deleted',
  value: string,
  work: (db: Change<TrackingTables>['db']) => Promise<unknown>,
): Promise<void> {
  await findRun(ctx, id);
  await (await ctx.service(metadataToken)).change<TrackingTables, void>(ctx, async ({ db, record }) => {
    await work(db);
    await record(runChanged, `run:${id}`, { change, value });
  });
}

export async function tagRun(ctx: Context, input: { readonly run: string; readonly tag: string }) {
  const cut = input.tag.indexOf('=');
  const [name, value] = [input.tag.slice(0, cut), input.tag.slice(cut + 1)];
  await say(ctx, input.run, 'tagged', input.tag, async (db) => {
    if (value === '')
      return await db.deleteFrom('run_tags').where('run', '=', input.run).where('name', '=', name).execute();
    return await db
      .insertInto('run_tags')
      .values({ run: input.run, name, value })
      .onConflict((conflict) => conflict.columns(['run', 'name']).doUpdateSet({ value }))
      .execute();
  });
  return { run: input.run, tags: (await findRun(ctx, input.run)).tags };
}

export async function noteRun(ctx: Context, input: { readonly run: string; readonly text: string }) {
  await say(ctx, input.run, 'noted', input.text, (db) =>
    addNotes(db, input.run, [input.text], ctx.principal.id),
  );
  return { run: input.run, notes: (await findRun(ctx, input.run)).notes };
}

export async function moveRun(
  ctx: Context,
  { run, experiment }: { readonly run: string; readonly experiment: string },
) {
  await say(ctx, run, 'moved', experiment, (db) =>
    db.updateTable('tracked_runs').set({ experiment }).where('run', '=', run).execute(),
  );
  return { run, experiment };
}

export async function deleteRun(ctx: Context, { run }: { readonly run: string }) {
  const { status } = await findRun(ctx, run);
  if (status === 'running') {
    throw trackingError('RUNS', {
      kind: 'conflict',
      message: `The run "${run}" is under way.`,
      hint: `End it first: "trestle run cancel ${run}".`,
    });
  }
  await say(ctx, run, 'deleted', run, (db) =>
    db.updateTable('tracked_runs').set({ deleted_at: now() }).where('run', '=', run).execute(),
  );
  return { run, deleted: true as const };
}
