import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import process from 'node:process';
import { pipelineEvents } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { PipelineTables } from './pipeline-tables.ts';

export const stepRunSchema = z.object({
  step: z.string(),
  state: z.enum(['waiting', 'running', 'cached', 'ran', 'appended', 'failed', 'not reached']),
  /** Why it ran, or why it did not have to. */
  reason: z.string(),
  /** The version that it made, `name@3`. */
  output: z.string().optional(),
  rows: z.number().optional(),
  attempts: z.number().int(),
  durationMs: z.number().optional(),
  error: z.string().optional(),
});
export type StepRun = z.infer<typeof stepRunSchema>;

export const pipelineRunSchema = z.object({
  /** `pr-…` */
  run: z.string(),
  pipeline: z.string(),
  status: z.enum(['running', 'succeeded', 'failed', 'interrupted']),
  /** What started it: a person's command, or a trigger. */
  trigger: z.string(),
  steps: z.array(stepRunSchema),
  error: z.string().optional(),
  startedAt: z.string(),
  finishedAt: z.string().optional(),
});
export type PipelineRun = z.infer<typeof pipelineRunSchema>;

/** Ids that sort by time. */
export const newPipelineRunId = (): string =>
  `pr-${Date.now().toString(36).padStart(9, '0')}${randomBytes(3).toString('hex')}`;

const holder = (): string => `${hostname()}:${process.pid}`;

function asSeen(record: string, heldBy: string): PipelineRun {
  const run = pipelineRunSchema.parse(JSON.parse(record));
  const [host, pid] = heldBy.split(':');
  if (run.status !== 'running' || host !== hostname() || isRunning(Number(pid))) return run;
  return { ...run, status: 'interrupted' };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The newest runs, of one pipeline if it is named. */
export async function listPipelineRuns(
  scope: Scope,
  { pipeline, limit }: { readonly pipeline?: string; readonly limit: number },
): Promise<readonly PipelineRun[]> {
  const metadata = await scope.service(metadataToken);
  let query = metadata.query<PipelineTables>().selectFrom('pipeline_runs').selectAll();
  if (pipeline !== undefined) query = query.where('pipeline', '=', pipeline);
  const rows = await query.orderBy('run', 'desc').limit(limit).execute();
  return rows.map((row) => asSeen(row.record, row.holder));
}

/** Keeps the run as it is now. */
export async function keepRun(db: Kysely<PipelineTables>, run: PipelineRun): Promise<void> {
  const values = { status: run.status, record: JSON.stringify(run), holder: holder() };
  await db
    .insertInto('pipeline_runs')
    .values({ run: run.run, pipeline: run.pipeline, started_at: run.startedAt, ...values })
    .onConflict((conflict) => conflict.column('run').doUpdateSet(values))
    .execute();
}

/** Keeps a run that begins or ends, which are events too. */
export async function recordPipelineRun(scope: Scope, actor: Actor, run: PipelineRun): Promise<void> {
  const metadata = await scope.service(metadataToken);
  await metadata.change<PipelineTables, void>(actor, async (change) => {
    await keepRun(change.db, run);
    await change.record(pipelineEvents[run.status], `pipeline:${run.pipeline}`, {
      run: run.run,
      steps: run.steps.map(({ step, state, output }) => ({ step, state, output })),
    });
  });
}
