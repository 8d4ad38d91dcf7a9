import { runChanged, runEvents } from '@trestle/contracts';
import { type Context, invariant, isTrestleError, type TrestleError } from '@trestle/kernel';
import { blobsToken, type Change, metadataToken } from '@trestle/store';
import { isOurs, setArtifact } from '../artifacts.ts';
import { checkCount, checkExperiment, checkName, checkParam } from '../limits.ts';
import { notOwn, notResumable, trackingError, unknownRunError } from '../tracking-error.ts';
import type { TrackingTables } from '../tracking-tables.ts';
import { addMetrics, addNotes, checkSeries, nextSteps, setParams } from '../write-rows.ts';
import type { Envelope, Message, Points, Receipt } from './message.ts';

type Db = Change<TrackingTables>['db'];
type Told<Kind extends Message['kind']> = Extract<Message, { readonly kind: Kind }>;

/** How long a process may be silent before its run is said to be lost; it is heard every few seconds. */
export const LOST_AFTER_MS = 30_000;

/**
 * Keeps what the process of a run tells, each message once: those that came before are passed over. One that cannot be kept is
 * answered for by name and noted in the run, and those behind it are kept.
 *
 * @throws TRS_TRACKING_GAP when messages are missing, TRS_TRAIN_UNKNOWN_RUN, TRS_TRACKING_NOT_OWN
 */
export async function receive(ctx: Context, envelope: Envelope): Promise<Receipt> {
  const metadata = await ctx.service(metadataToken);
  const { run, writer } = envelope;
  const refused: { sequence: number; code: string; message: string }[] = [];
  let received = await receivedOf(metadata.query<TrackingTables>(), run, writer);
  for (const { sequence, message } of envelope.messages) {
    if (sequence <= received) continue;
    if (sequence > received + 1) throw gap(run, received + 1, sequence);
    const once = (work: (change: Change<TrackingTables>) => Promise<void>): Promise<void> =>
      metadata.change<TrackingTables, void>(ctx, async (change) => {
        // Another sender of the same messages may have been quicker.
        if ((await receivedOf(change.db, run, writer)) >= sequence) return;
        await work(change);
        await change.db
          .insertInto('run_writers')
          .values({ run, writer, received: sequence })
          .onConflict((conflict) => conflict.columns(['run', 'writer']).doUpdateSet({ received: sequence }))
          .execute();
      });
    try {
      await once((change) => keep(ctx, change, run, message));
    } catch (thrown) {
      if (!isTrestleError(thrown) || !isFinal(thrown, message)) throw thrown;
      const { code, message: reason } = thrown;
      refused.push({ sequence, code, message: reason });
      await once(({ db }) =>
        addNotes(db, run, [`Not kept (${message.kind}): ${code}: ${reason}`], ctx.principal.id),
      );
    }
    received = sequence;
  }
  if (envelope.isAlive)
    await metadata.write<TrackingTables, void>(async (db) => {
      await db
        .updateTable('tracked_runs')
        .set({ heard_at_ms: metadata.clock.ms })
        .where('run', '=', run)
        .execute();
    });
  return { received, refused };
}

/** Whether asking again would come to the same; what begins a run has to be kept before anything else of it. */
const isFinal = ({ kind }: TrestleError, message: Message): boolean =>
  (kind === 'invalid' || kind === 'too-large') && message.kind !== 'start' && message.kind !== 'resume';

async function receivedOf(db: Pick<Db, 'selectFrom'>, run: string, writer: string): Promise<number> {
  const row = await db
    .selectFrom('run_writers')
    .select('received')
    .where('run', '=', run)
    .where('writer', '=', writer)
    .executeTakeFirst();
  return row?.received ?? 0;
}

async function keep(ctx: Context, change: Change<TrackingTables>, run: string, told: Message): Promise<void> {
  if (told.kind === 'start') return await begin(ctx, change, run, told);
  const row = await change.db
    .selectFrom('tracked_runs')
    .select(['kind', 'experiment', 'status', 'deleted_at'])
    .where('run', '=', run)
    .executeTakeFirst();
  if (!row) throw unknownRun(run);
  if (row.kind !== 'custom') throw notOwn(run, row.kind);
  const { db, record } = change;
  const { clock } = await ctx.service(metadataToken);
  const say = (what: 'tagged' | 'noted', value: string) =>
    record(runChanged, `run:${run}`, { change: what, value });
  switch (told.kind) {
    case 'resume':
      if (row.status === 'succeeded' || row.deleted_at !== null)
        throw notResumable(run, row.deleted_at === null ? 'it has succeeded' : 'it is deleted');
      await db
        .updateTable('tracked_runs')
        .set({ status: 'running', error: null, finished_at: null, heard_at_ms: clock.ms })
        .where('run', '=', run)
        .execute();
      await record(runEvents.running, `run:${run}`, { kind: 'custom', experiment: row.experiment });
      return;
    case 'points':
      return await keepPoints(db, run, told.points);
    case 'params':
      return await keepParams(db, run, told.params);
    case 'tag':
      checkName('tag', told.name);
      await db
        .insertInto('run_tags')
        .values({ run, name: told.name, value: told.value })
        .onConflict((conflict) => conflict.columns(['run', 'name']).doUpdateSet({ value: told.value }))
        .execute();
      await say('tagged', `${told.name}=${told.value}`);
      return;
    case 'note':
      await addNotes(db, run, [told.text], ctx.principal.id);
      await say('noted', told.text);
      return;
    case 'artifact':
      return await keepArtifact(ctx, db, run, told);
    case 'finish':
      await db
        .updateTable('tracked_runs')
        .set({ status: told.status, error: told.error ?? null, finished_at: told.time })
        .where('run', '=', run)
        .execute();
      await record(runEvents[told.status], `run:${run}`, { kind: 'custom', experiment: row.experiment });
      return;
  }
}

async function begin(ctx: Context, { db, record }: Change<TrackingTables>, run: string, told: Told<'start'>) {
  const { experiment, params } = told;
  checkExperiment(experiment);
  if (told.parent !== undefined) {
    const parent = await db
      .selectFrom('tracked_runs')
      .select('run')
      .where('run', '=', told.parent)
      .executeTakeFirst();
    if (!parent) throw unknownRun(told.parent);
  }
  await db
    .insertInto('tracked_runs')
    .values({
      run,
      kind: 'custom',
      experiment,
      status: 'running',
      parent: told.parent ?? null,
      job: null,
      facts: JSON.stringify(told.facts),
      error: null,
      by: ctx.principal.id,
      started_at: told.time,
      finished_at: null,
      deleted_at: null,
      heard_at_ms: (await ctx.service(metadataToken)).clock.ms,
    })
    .execute();
  await keepParams(db, run, params);
  await record(runEvents.running, `run:${run}`, { kind: 'custom', experiment });
}

async function keepParams(db: Db, run: string, params: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, value] of Object.entries(params)) checkParam(name, value);
  await setParams(db, run, params);
  const { count } = await db
    .selectFrom('run_params')
    .select((select) => select.fn.countAll().as('count'))
    .where('run', '=', run)
    .executeTakeFirstOrThrow();
  checkCount('params', run, Number(count));
}

/** Keeps measurements, also of a run that is over: what its process could not send in time. */
async function keepPoints(db: Db, run: string, points: Points): Promise<void> {
  const { names, series, steps, values, times } = points;
  for (const name of names) checkName('metric', name);
  await checkSeries(db, run, names);
  const nameOf = (place: number): string => invariant(names[place], 'the name of a series');
  const unplaced = series.filter((_, at) => steps[at] === null).map(nameOf);
  const next = await nextSteps(db, run, new Set(unplaced));
  let lastMs = Number.NaN;
  let time = '';
  const rows = series.map((place, at) => {
    const name = nameOf(place);
    const ms = invariant(times[at], 'the time of a measurement');
    // Most are of the same few milliseconds, and a date takes longer to write than the rest of a row.
    if (ms !== lastMs) [lastMs, time] = [ms, new Date(ms).toISOString()];
    const step = steps[at] ?? next.get(name) ?? 0;
    next.set(name, Math.max(next.get(name) ?? 0, step + 1));
    return { name, at: step, value: Number(values[at]), time };
  });
  await addMetrics(db, run, rows);
}

async function keepArtifact(ctx: Context, db: Db, run: string, told: Told<'artifact'>): Promise<void> {
  const { name, digest, bytes } = told;
  checkName('artifact', name);
  if (!(await isOurs(db, digest)) || !(await (await ctx.service(blobsToken)).has(digest)))
    throw trackingError('FILE_MISSING', {
      kind: 'conflict',
      message: `The content of the artifact "${name}" has not come.`,
      hint: 'Send the file first, then that it belongs to the run.',
      details: { run, digest },
    });
  await setArtifact(db, run, { name, digest, bytes });
}

const unknownRun = (run: string) =>
  unknownRunError('UNKNOWN_RUN', {
    kind: 'not-found',
    message: `There is no run "${run}".`,
    hint: 'See "trestle run list"; a process that goes on with a run has to send what the one before it left first.',
  });

const gap = (run: string, expected: number, sequence: number) =>
  trackingError('GAP', {
    kind: 'conflict',
    message: `The message ${sequence} of the run "${run}" came before message ${expected}.`,
    hint: 'Send all messages of a process in order.',
    details: { run, expected },
  });
