import { type NewRun, type RunRecorder, type RunStatus, runEvents } from '@trestle/contracts';
import { type Context, errorDocument, toTrestleError } from '@trestle/kernel';
import { type Change, metadataToken } from '@trestle/store';
import { putArtifact, setArtifact } from './artifacts.ts';
import { findRun } from './read-runs.ts';
import { newRunId } from './run-id.ts';
import type { TrackingTables } from './tracking-tables.ts';
import { addMetrics, addNotes, type MetricRow, setParams, setStep } from './write-rows.ts';

/** What is told within this time is written at once: nobody sees the difference, and the disk is asked less often. */
const SOON_MS = 100;

const now = (): string => new Date().toISOString();

/** Begins a run, or takes it up again where the job that did it before is continued. */
export async function beginRun(ctx: Context, wanted: NewRun): Promise<RunRecorder> {
  const metadata = await ctx.service(metadataToken);
  const { run, startedAt } = await ctx.step(`run of ${wanted.kind}`, async () => ({
    run: newRunId(),
    startedAt: now(),
  }));
  let facts = wanted.facts ?? {};
  await metadata.change<TrackingTables, void>(ctx, async (change) => {
    const again = { status: 'running', job: ctx.jobId ?? null, error: null, finished_at: null };
    const known = await change.db
      .selectFrom('tracked_runs')
      .select('run')
      .where('run', '=', run)
      .executeTakeFirst();
    if (known) {
      await change.db.updateTable('tracked_runs').set(again).where('run', '=', run).execute();
    } else {
      await change.db
        .insertInto('tracked_runs')
        .values({
          run,
          kind: wanted.kind,
          experiment: wanted.experiment,
          parent: wanted.parent ?? null,
          facts: JSON.stringify(facts),
          by: ctx.principal.id,
          started_at: startedAt,
          deleted_at: null,
          ...again,
        })
        .execute();
      await setParams(change.db, run, wanted.params ?? {});
      await addNotes(change.db, run, wanted.notes ?? [], ctx.principal.id);
      for (const { ref, kind } of wanted.madeFrom ?? [])
        await change.link({ from: ref, to: `run:${run}`, kind });
    }
    await tell(change, run, 'running', wanted, facts, {});
  });
  return recorder();

  function recorder(): RunRecorder {
    let metrics: MetricRow[] = [];
    const steps = new Map<string, { place: number; state: string; detail: Record<string, unknown> }>();
    const changed = new Set<string>();
    const lastAt = new Map<string, number>();
    let waiting: NodeJS.Timeout | undefined;
    let writing: Promise<void> = Promise.resolve();

    const take = () => {
      clearTimeout(waiting);
      waiting = undefined;
      const taken = { metrics, steps: [...changed] };
      metrics = [];
      changed.clear();
      return taken;
    };
    const writeIn = async (
      db: Change<TrackingTables>['db'],
      told: ReturnType<typeof take>,
    ): Promise<void> => {
      await addMetrics(db, run, told.metrics);
      for (const name of told.steps) {
        const step = steps.get(name);
        if (step) await setStep(db, run, { step: name, place: step.place, state: step.state }, step.detail);
      }
    };
    const write = async (): Promise<void> => {
      const told = take();
      if (told.metrics.length === 0 && told.steps.length === 0) return;
      await metadata.write<TrackingTables, void>((db) => writeIn(db, told), ctx);
    };
    const soon = (): void => {
      waiting ??= setTimeout(() => {
        writing = write().catch((cause: unknown) =>
          ctx.log.warn('how far a run is was not kept', { run, cause: String(cause) }),
        );
      }, SOON_MS);
    };
    const mark: RunRecorder['mark'] = (name, { state, ...values }) => {
      const step = steps.get(name);
      steps.set(name, {
        place: step?.place ?? steps.size,
        state: state ?? step?.state ?? 'waiting',
        detail: { ...step?.detail, ...values },
      });
      changed.add(name);
      soon();
    };
    const log: RunRecorder['log'] = (values, at) => {
      const time = now();
      for (const [name, value] of Object.entries(values)) {
        const next = at ?? (lastAt.get(name) ?? -1) + 1;
        lastAt.set(name, next);
        metrics.push({ name, at: next, value, time });
      }
      soon();
    };

    const end: RunRecorder['end'] = async (ending) => {
      await writing;
      log(ending.metrics ?? {}, 0);
      const told = take();
      facts = { ...facts, ...ending.facts };
      await metadata.change<TrackingTables, void>(ctx, async (change) => {
        await writeIn(change.db, told);
        await addNotes(change.db, run, ending.notes ?? [], ctx.principal.id);
        await change.db
          .updateTable('tracked_runs')
          .set({
            status: ending.status,
            error: ending.error ?? null,
            facts: JSON.stringify(facts),
            finished_at: now(),
          })
          .where('run', '=', run)
          .execute();
        await tell(change, run, ending.status, wanted, facts, ending.metrics ?? {});
      });
      return await findRun(ctx, run);
    };

    return {
      run,
      log,
      mark,
      end,
      async step(name, work) {
        const startedAt = now();
        let isDone = true;
        const result = await ctx
          .step(name, async (within) => {
            isDone = false;
            mark(name, { state: 'running', startedAt });
            return await work(within);
          })
          .catch((thrown: unknown) => {
            mark(name, { state: 'failed', error: toTrestleError(thrown).message, finishedAt: now() });
            throw thrown;
          });
        if (isDone) mark(name, { state: 'kept' });
        else mark(name, { state: 'done', finishedAt: now() });
        return result;
      },
      async artifact(name, content) {
        const blob = await putArtifact(ctx, content);
        await metadata.write<TrackingTables, void>(async (db) => {
          await setArtifact(db, run, { name, ...blob });
        }, ctx);
        return blob;
      },
      async flush() {
        await writing;
        await write();
      },
      async fail(thrown) {
        const error = toTrestleError(thrown);
        const { code, message } = errorDocument(error);
        const status =
          code === 'TRS_KERNEL_JOB_CANCEL'
            ? 'cancelled'
            : error.kind === 'interrupted'
              ? 'interrupted'
              : 'failed';
        await end({ status, error: `${code}: ${message}` }).catch((cause: unknown) => {
          // What failed matters more to the caller than that it could not be kept; who has taken the job keeps the rest.
          ctx.log.warn('the end of a run was not kept', { run, cause: String(cause) });
        });
      },
    };
  }
}

async function tell(
  change: Change<TrackingTables>,
  run: string,
  status: RunStatus,
  { kind, experiment }: NewRun,
  facts: Readonly<Record<string, unknown>>,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const spec = typeof facts.spec === 'object' && facts.spec !== null ? facts.spec : {};
  const tests = Object.entries(metrics).flatMap(([name, value]) =>
    name.startsWith('test/') && Number.isFinite(value) ? [[name.slice('test/'.length), value] as const] : [],
  );
  await change.record(runEvents[status], `run:${run}`, {
    kind,
    experiment,
    dataset: text(facts.dataset),
    target: 'target' in spec ? text(spec.target) : undefined,
    metrics: Object.fromEntries(tests),
    modelDigest: text(facts.modelDigest),
  });
}
