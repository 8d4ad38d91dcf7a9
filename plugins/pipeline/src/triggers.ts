import type { alertFired, datasetAdded, PipelineDefinition } from '@trestle/contracts';
import type { Context, EventOf } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { Cron } from 'croner';
import { pipelineRun } from './operations/pipeline-run.ts';
import { dataError } from './pipeline-error.ts';
import type { PipelineTables } from './pipeline-tables.ts';
import { pipelinesOf } from './pipelines.ts';

/** Starts the pipelines that wait for what an event tells: a new version of a dataset, or drift. */
export async function startOnEvent(
  ctx: Context,
  event: EventOf<typeof datasetAdded | typeof alertFired>,
): Promise<void> {
  const [dataset = ''] = event.subject.replace(/^dataset:/, '').split('@');
  for (const pipeline of pipelinesOf(ctx)) {
    const { datasets, drift } = pipeline.triggers;
    if (event.type === 'dataset.added' && datasets.includes(dataset))
      await enqueue(ctx, pipeline, `a new version: ${event.subject}`, String(event.seq));
    if (
      event.type === 'alert.fired' &&
      event.payload.kind === 'drift' &&
      drift.includes(event.payload.deployment)
    )
      await enqueue(ctx, pipeline, `drift: ${event.subject}`, String(event.seq));
  }
}

/**
 * Starts the pipelines of which the cron line had a moment since they were last looked at; several moments that passed while
 * nothing ran start one run.
 */
export async function startDue(ctx: Context, now: Date = new Date()): Promise<void> {
  const metadata = await ctx.service(metadataToken);
  for (const pipeline of pipelinesOf(ctx)) {
    if (pipeline.triggers.cron === undefined) continue;
    const clock = await metadata
      .query<PipelineTables>()
      .selectFrom('pipeline_clocks')
      .select('looked_at')
      .where('pipeline', '=', pipeline.name)
      .executeTakeFirst();
    const due = clock && timetable(pipeline, pipeline.triggers.cron).nextRun(new Date(clock.looked_at));
    if (due && due <= now)
      await enqueue(ctx, pipeline, `cron ${pipeline.triggers.cron}`, String(due.getTime()));
    // Behind the queue: after a crash between the two, the job's key shows that it was started.
    const looked_at = now.toISOString();
    await metadata.write<PipelineTables, void>(async (db) => {
      await db
        .insertInto('pipeline_clocks')
        .values({ pipeline: pipeline.name, looked_at })
        .onConflict((conflict) => conflict.column('pipeline').doUpdateSet({ looked_at }))
        .execute();
    });
  }
}

function timetable(pipeline: PipelineDefinition, line: string): Cron {
  try {
    return new Cron(line, { paused: true, timezone: 'UTC' });
  } catch (cause) {
    throw dataError('PIPELINE', {
      kind: 'invalid',
      message: `The pipeline "${pipeline.name}" cannot be started by time: "${line}" is not a cron line.`,
      hint: 'Five fields: minute, hour, day, month, weekday; "0 3 * * *" is every day at 3 (UTC).',
      cause,
    });
  }
}

/** One job for one reason, also when two processes or a repeated event ask for it. */
async function enqueue(
  ctx: Context,
  { name }: PipelineDefinition,
  trigger: string,
  reason: string,
): Promise<void> {
  await ctx.enqueue(pipelineRun, { name, trigger }, { key: `${name}-${reason}` });
}
