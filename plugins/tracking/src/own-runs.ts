import { basename } from 'node:path';
import {
  type RunStatus,
  runChanged,
  runEvents,
  specialNumberSchema,
  type TrackedRun,
} from '@trestle/contracts';
import { type Context, lostNumber } from '@trestle/kernel';
import { type BlobInfo, type Change, metadataToken } from '@trestle/store';
import { putArtifact, setArtifact } from './artifacts.ts';
import { checkName, checkParam } from './limits.ts';
import { findRun } from './read-runs.ts';
import { newRunId } from './run-id.ts';
import { notOwn, trackingError } from './tracking-error.ts';
import type { TrackingTables } from './tracking-tables.ts';
import { addMetrics, addNotes, checkSeries, nextSteps, setParams } from './write-rows.ts';

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
  const params = input.param.map(pair);
  for (const [name, value] of params) checkParam(name, value);
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
    await setParams(change.db, run, Object.fromEntries(params));
    await change.record(runEvents.running, `run:${run}`, { kind: 'custom', experiment });
  });
  return { run, experiment, status: 'running' as const };
}

/**
 * A run that its owner logs to: others are written by the job that does them. One whose process was lost may be logged to and ended.
 *
 * @throws TRS_TRACKING_NOT_OWN, TRS_TRACKING_OVER
 */
async function ownRun(ctx: Context, id: string): Promise<TrackedRun> {
  const run = await findRun(ctx, id);
  if (run.kind !== 'custom') throw notOwn(id, run.kind);
  if (run.status === 'running' || run.lastHeardAt !== undefined) return run;
  throw trackingError('OVER', {
    kind: 'conflict',
    message: `The run "${id}" is over: it ${run.status}.`,
    hint: 'Begin another one with "trestle run start".',
    details: { run: id, status: run.status },
  });
}

/** A number, or a word for what is none; what JSON cannot hold as it is written is refused. */
function measurement(text: string): { readonly name: string; readonly value: number } {
  const [name, value] = pair(text);
  checkName('metric', name);
  if (typeof value === 'number') return { name, value };
  if (specialNumberSchema.safeParse(value).success) return { name, value: Number(value) };
  throw trackingError('METRIC', {
    kind: 'invalid',
    message: `"${text}" is no measurement: "${String(value)}" is no number that can be kept as it is.`,
    hint: 'Give name=number, or NaN, Infinity or -Infinity; whole numbers beyond 2^53 and what is larger than all numbers cannot be kept.',
    details: { metric: name },
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
  const metrics = input.metric.map(measurement);
  const files: (BlobInfo & { readonly name: string })[] = [];
  for (const path of input.artifact) {
    const { createReadStream } = await import('node:fs');
    const name = basename(path);
    checkName('artifact', name);
    files.push({ name, ...(await putArtifact(ctx, createReadStream(await ctx.files.read(path)))) });
  }
  await (await ctx.service(metadataToken)).write<TrackingTables, void>(async (db) => {
    const names = metrics.map(({ name }) => name);
    await checkSeries(db, run, names);
    const next = await nextSteps(db, run, new Set(input.step === undefined ? names : []));
    const time = now();
    const rows = metrics.map(({ name, value }) => {
      const at = input.step ?? next.get(name) ?? 0;
      next.set(name, at + 1);
      return { name, value, time, at };
    });
    await addMetrics(db, run, rows);
    for (const file of files) await setArtifact(db, run, file);
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
  change: 'tagged' | 'noted' | 'moved' | 'deleted' | 'restored',
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

/** Takes a deleted run into the lists again; content of artifacts that was removed meanwhile stays away, and is said to be. */
export async function restoreRun(ctx: Context, { run }: { readonly run: string }) {
  const metadata = await ctx.service(metadataToken);
  const row = await metadata
    .query<TrackingTables>()
    .selectFrom('tracked_runs')
    .select('deleted_at')
    .where('run', '=', run)
    .executeTakeFirst();
  // One that is there, or that there never was, is answered for as everywhere.
  if (!row || row.deleted_at === null) {
    await findRun(ctx, run);
    throw trackingError('NOT_DELETED', {
      kind: 'conflict',
      message: `The run "${run}" is not deleted.`,
      hint: `See "trestle run show ${run}".`,
    });
  }
  await metadata.change<TrackingTables, void>(ctx, async ({ db, record }) => {
    await db.updateTable('tracked_runs').set({ deleted_at: null }).where('run', '=', run).execute();
    await record(runChanged, `run:${run}`, { change: 'restored', value: run });
  });
  const { artifacts } = await findRun(ctx, run);
  return {
    run,
    restored: true as const,
    freed: artifacts.flatMap(({ name, freedAt }) => (freedAt === undefined ? [] : [name])),
  };
}
