import { runSchema } from '@trestle/contracts';
import { readStored } from '@trestle/store';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { TrackingTables } from './tracking-tables.ts';
import { addNotes, insertMetrics, setStep } from './write-rows.ts';

/** What earlier versions kept, in three places, as far as it is read here. */
type OldTables = TrackingTables & {
  runs: { run: string; record: string; started_at: string };
  pipeline_runs: { run: string; pipeline: string; record: string; started_at: string };
  monitoring_retrains: {
    id: string;
    deployment: string;
    alert: string | null;
    started_at: string;
    finished_at: string | null;
    progress: string;
  };
};

const pipelineRun = z.object({
  run: z.string(),
  pipeline: z.string(),
  status: z.enum(['running', 'succeeded', 'failed', 'interrupted']),
  trigger: z.string(),
  steps: z.array(z.looseObject({ step: z.string(), state: z.string() })),
  error: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
});

/** Nobody runs a run of an earlier version any more. */
const ended = (status: string): string => (status === 'running' ? 'interrupted' : status);

/** Moves the runs of earlier versions, which each kind kept in a table of its own, to where all are. */
export async function moveOldRuns(db: Kysely<OldTables>): Promise<void> {
  const tables = new Set((await db.introspection.getTables()).map(({ name }) => name));
  if (tables.has('runs'))
    for (const row of await db.selectFrom('runs').select(['run', 'record', 'started_at']).execute()) {
      const read = readStored(runSchema, row.record);
      if (read.value) await moveTraining(db, read.value);
      else await moveUnreadable(db, { ...row, kind: 'training', experiment: 'unknown' }, read.unreadable);
    }
  if (tables.has('pipeline_runs'))
    for (const { pipeline, ...row } of await db
      .selectFrom('pipeline_runs')
      .select(['run', 'pipeline', 'record', 'started_at'])
      .execute()) {
      const read = readStored(pipelineRun, row.record);
      if (read.value) await movePipelineRun(db, read.value);
      else await moveUnreadable(db, { ...row, kind: 'pipeline', experiment: pipeline }, read.unreadable);
    }
  if (tables.has('monitoring_retrains'))
    for (const row of await db.selectFrom('monitoring_retrains').selectAll().execute())
      await moveRetraining(db, row);
}

const add = (
  db: Kysely<OldTables>,
  row: Pick<TrackingTables['tracked_runs'], 'run' | 'kind' | 'experiment' | 'status' | 'started_at'> & {
    readonly facts: Readonly<Record<string, unknown>>;
    readonly error?: string | undefined;
    readonly finished_at: string | null | undefined;
    readonly by?: string;
  },
) =>
  db
    .insertInto('tracked_runs')
    .values({
      ...row,
      parent: null,
      job: null,
      facts: JSON.stringify(row.facts),
      error: row.error ?? null,
      by: row.by ?? 'unknown',
      finished_at: row.finished_at ?? null,
      deleted_at: null,
    })
    .execute();

/** A record that cannot be read is kept as it is, and shown as such: a project opens whatever one of its runs says. */
async function moveUnreadable(
  db: Kysely<OldTables>,
  {
    record,
    ...known
  }: Pick<TrackingTables['tracked_runs'], 'run' | 'kind' | 'experiment' | 'started_at'> & {
    readonly record: string;
  },
  unreadable: string,
): Promise<void> {
  const facts = { unreadable, record };
  await add(db, { ...known, status: 'interrupted', facts, finished_at: known.started_at });
}

async function moveTraining(db: Kysely<OldTables>, record: z.output<typeof runSchema>): Promise<void> {
  const { run, status, metrics, curves, notes, error, startedAt, finishedAt, ...facts } = record;
  const [dataset = ''] = facts.spec.data.split('@');
  await add(db, {
    run,
    kind: 'training',
    experiment: `${dataset}/${facts.spec.target}`,
    status: ended(status),
    facts,
    error,
    started_at: startedAt,
    finished_at: finishedAt,
  });
  for (const [name, value] of Object.entries(facts.spec))
    if (value !== undefined)
      await db
        .insertInto('run_params')
        .values({ run, name, value: JSON.stringify(value) })
        .execute();
  await addNotes(db, run, notes, 'unknown');
  const time = finishedAt ?? startedAt;
  const last = Object.entries(metrics).flatMap(([part, values]) =>
    // What was no number has no place in a series.
    Object.entries(values).flatMap(([name, value]) =>
      value === null ? [] : [{ name: `${part}/${name}`, at: 0, value, time }],
    ),
  );
  const series = Object.entries(curves).flatMap(([name, values]) =>
    values.map((value, at) => ({ name: `validation/${name}`, at, value, time })),
  );
  await insertMetrics(db, run, [...last, ...series]);
}

async function movePipelineRun(db: Kysely<OldTables>, record: z.output<typeof pipelineRun>): Promise<void> {
  const { run, pipeline, trigger, steps, ...old } = record;
  await add(db, {
    run,
    kind: 'pipeline',
    experiment: pipeline,
    status: ended(old.status),
    facts: { pipeline, trigger },
    error: old.error,
    started_at: old.startedAt,
    finished_at: old.finishedAt,
    by: trigger,
  });
  for (const [place, { step, state, ...detail }] of steps.entries())
    await setStep(db, run, { step, place, state: state === 'running' ? 'interrupted' : state }, detail);
}

async function moveRetraining(db: Kysely<OldTables>, old: OldTables['monitoring_retrains']): Promise<void> {
  const progress = readStored(z.record(z.string(), z.unknown()), old.progress);
  const { result, run: trained, ...made } = progress.value ?? {};
  const { id: run, deployment, alert } = old;
  await add(db, {
    run,
    kind: 'retraining',
    experiment: deployment,
    status: old.finished_at === null ? 'interrupted' : 'succeeded',
    facts: {
      deployment,
      ...(alert === null ? {} : { alert }),
      ...(trained === undefined ? {} : { trained }),
      ...made,
      ...(result === undefined ? {} : { result }),
      ...(progress.unreadable === undefined ? {} : { unreadable: progress.unreadable, record: old.progress }),
    },
    started_at: old.started_at,
    finished_at: old.finished_at,
  });
}
