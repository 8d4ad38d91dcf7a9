import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { metrics, type RunRecorder, trackingToken } from '@trestle/contracts';
import { contribute, type Host, jobStoreToken, journalToken, operation, plugin } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  experimentList,
  runCancel,
  runCompare,
  runDelete,
  runFinish,
  runList,
  runLog,
  runMove,
  runNote,
  runResume,
  runShow,
  runStart,
  runTag,
  trackingPlugin,
} from './index.ts';

let failsIn = '';
let isHeld = false;
/** The runs that were begun, the newest last. */
const begun: RunRecorder[] = [];
const done: string[] = [];

/** A run of a plugin's own kind, in three steps. */
const brew = operation({
  id: 'brew',
  summary: 'Brews.',
  kind: 'job',
  access: 'brew:write',
  input: z.object({}),
  output: z.object({ run: z.string() }),
  load: async () => async (ctx) => {
    const run = await (await ctx.service(trackingToken)).begin(ctx, {
      kind: 'brewing',
      experiment: 'ales',
      params: { hops: 3 },
      facts: { kettle: 'copper' },
      madeFrom: [{ ref: 'dataset:malt@1', kind: 'brewed' }],
    });
    begun.push(run);
    try {
      for (const step of ['mash', 'boil', 'cool']) {
        await run.step(step, async () => {
          done.push(step);
          run.log({ temperature: step.length });
          while (isHeld) {
            ctx.signal.throwIfAborted();
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          if (step === failsIn) throw new Error('the kettle leaks');
        });
      }
      await run.end({ status: 'succeeded', metrics: { 'test/taste': 0.9 }, facts: { litres: 20 } });
      return { run: run.run };
    } catch (thrown) {
      await run.fail(thrown);
      throw thrown;
    }
  },
});

describe('tracking', () => {
  let project: TemporaryProject;
  let host: Host;
  beforeEach(async () => {
    failsIn = '';
    isHeld = false;
    done.length = 0;
    begun.length = 0;
    project = await temporaryProject();
    host = await project.open(
      [
        trackingPlugin,
        plugin({
          name: 'brew',
          version: '1.0.0',
          operations: [brew],
          contributions: [
            contribute(metrics, {
              name: 'regret',
              tasks: ['regression'],
              better: 'lower',
              isOfLabels: false,
              measure: () => 0,
            }),
          ],
        }),
      ],
      { log: { debug() {}, info() {}, warn() {} } },
    );
  });
  afterEach(() => project.remove());
  const start = async (param: string[] = [], experiment = 'tuning') =>
    (await host.run(runStart, { experiment, param })).run;

  describe('of one’s own run', () => {
    it('keeps parameters, series, artifacts, notes and tags', async () => {
      const run = await start(['rate=0.1', 'kind=plain', 'layers=[3,1]']);
      for (const loss of [0.9, 0.5]) await host.run(runLog, { run, metric: [`loss=${loss}`] });
      await host.run(runLog, { run, metric: ['loss=0.4', 'test/accuracy=0.75'], step: 7 });
      await writeFile(join(project.dir, 'plot.txt'), 'a plot');
      expect(await host.run(runLog, { run, artifact: ['plot.txt'] }, { surface: 'cli' })).toEqual({
        run,
        logged: 1,
      });
      await host.run(runNote, { run, text: 'it oscillates' });
      await host.run(runTag, { run, tag: 'stage=candidate' });
      await host.run(runFinish, { run });
      expect(await host.run(runShow, { run })).toMatchObject({
        kind: 'custom',
        experiment: 'tuning',
        status: 'succeeded',
        params: { rate: 0.1, kind: 'plain', layers: [3, 1] },
        metrics: { loss: 0.4, test: { accuracy: 0.75 } },
        curves: { loss: [0.9, 0.5, 0.4] },
        artifacts: [{ name: 'plot.txt', bytes: 6 }],
        notes: ['it oscillates'],
        tags: { stage: 'candidate' },
        finishedAt: expect.any(String),
      });
      expect(await host.run(runTag, { run, tag: 'stage=' })).toEqual({ run, tags: {} });
    });

    it.each([
      ['a measurement that is no number', ['loss=low'], 'TRS_TRACKING_METRIC'],
      ['a measurement that is too large', ['loss=1e400'], 'TRS_TRACKING_METRIC'],
      ['a measurement that would be rounded', ['loss=9007199254740993'], 'TRS_TRACKING_METRIC'],
      ['one without a value', ['loss'], 'TRS_KERNEL_INPUT_INVALID'],
    ])('refuses %s, and keeps nothing of the call', async (_, metric, code) => {
      const run = await start();
      await expect(host.run(runLog, { run, metric: ['good=1', ...metric] })).rejects.toMatchObject({ code });
      expect((await host.run(runShow, { run })).metrics).toEqual({});
    });

    it('logs nothing to a run that is over, unknown, or a job’s', async () => {
      const over = await start();
      await host.run(runFinish, { run: over, status: 'failed', error: 'out of memory' });
      const code = (run: string) =>
        host.run(runLog, { run, metric: ['a=1'] }).catch((error: { code: string }) => error.code);
      expect(await code(over)).toBe('TRS_TRACKING_OVER');
      expect(await code('r-nobody')).toBe('TRS_TRAIN_UNKNOWN_RUN');
      expect(await code((await host.run(brew, {})).run)).toBe('TRS_TRACKING_NOT_OWN');
    });

    it('is listed by kind, experiment and status, newest first, moved, and taken out', async () => {
      const [first, second] = [await start(), await start([], 'other')];
      await host.run(brew, {});
      await host.run(runFinish, { run: second });
      const ids = async (query: Parameters<typeof host.run>[1]) =>
        (await host.run(runList, query as never)).runs.map(({ run }) => run);
      expect((await ids({})).slice(1)).toEqual([second, first]);
      expect(await ids({ kind: 'custom', status: 'running' })).toEqual([first]);
      expect(await ids({ experiment: 'other' })).toEqual([second]);
      expect(await ids({ kind: 'training' })).toEqual([]);
      await expect(ids({ kind: 'trainng' })).rejects.toMatchObject({
        code: 'TRS_TRACKING_UNKNOWN_KIND',
        message: expect.stringContaining('Did you mean "training"?'),
      });
      await host.run(runMove, { run: first, experiment: 'other' });
      await expect(host.run(runDelete, { run: first })).rejects.toMatchObject({ code: 'TRS_TRACKING_RUNS' });
      expect(await host.run(runCancel, { run: first })).toMatchObject({ status: 'cancelled' });
      await host.run(runDelete, { run: first });
      expect(await ids({ experiment: 'other' })).toEqual([second]);
      expect((await host.run(experimentList, {})).experiments).toMatchObject([
        { experiment: 'ales', runs: 1 },
        { experiment: 'other', runs: 1 },
      ]);
    });

    it('is compared with many others: only what differs, and the best of each', async () => {
      const ids: string[] = [];
      for (const [k, accuracy] of [0.7, 0.9, 0.8].entries()) {
        const run = await start([`rate=${k}`, 'kind=plain']);
        await host.run(runLog, { run, metric: [`test/accuracy=${accuracy}`] });
        ids.push(run);
      }
      const [first = '', second = '', third = ''] = ids;
      const compared = await host.run(runCompare, { first, second, more: [third, third] });
      expect(compared.runs.map(({ run }) => run)).toEqual(ids);
      expect(compared.settings).toEqual([{ name: 'rate', values: [0, 1, 2] }]);
      expect(compared.metrics).toEqual([{ name: 'accuracy', values: [0.7, 0.9, 0.8], difference: null }]);
      expect(compared.best).toEqual({ accuracy: 1 });
      await expect(host.run(runCompare, { first, second, more: ['r-nobody'] })).rejects.toMatchObject({
        code: 'TRS_TRAIN_UNKNOWN_RUN',
      });
    });

    it('is compared by its parameters and last metrics', async () => {
      const runs: string[] = [];
      for (const rate of [0.1, 0.2]) {
        const run = await start([`rate=${rate}`, 'same=1']);
        await host.run(runLog, { run, metric: [`rmse=${rate * 10}`] });
        runs.push(run);
      }
      const [first = '', second = ''] = runs;
      expect(await host.run(runCompare, { first, second })).toMatchObject({
        settings: [{ name: 'rate', values: [0.1, 0.2] }],
        metrics: [{ name: 'rmse', values: [1, 2], difference: 1 }],
        best: { rmse: 0 },
      });
    });
  });

  it('calls the run better that is better by the metric: known, a plugin’s, or of no known direction', async () => {
    const compared: string[] = [];
    for (const [rmse, regret, loss] of [
      [1, 5, 0.5],
      [2, 3, 0.3],
    ]) {
      const run = await start();
      await host.run(runLog, { run, metric: [`rmse=${rmse}`, `regret=${regret}`, `loss=${loss}`] });
      compared.push(run);
    }
    const [first = '', second = ''] = compared;
    const result = await host.run(runCompare, { first, second });
    expect(result.best).toEqual({ rmse: 0, regret: 1 });
    const [table] = runCompare.present?.(result) ?? [];
    expect(table).toMatchObject({
      rows: expect.arrayContaining([expect.objectContaining({ name: 'loss', better: 'not known' })]),
    });
  });

  it('is listed with what decided first, among what a line has room for', () => {
    const run = {
      ...{ run: 'r-1', kind: 'training', experiment: 'a/b', status: 'succeeded', startedAt: '' },
      ...{ params: {}, tags: {}, notes: [], artifacts: [], steps: [] },
      metrics: { test: { accuracy: 0.9, balancedAccuracy: 0.8, logLoss: 0.3 } },
      metric: { name: 'logLoss', better: 'lower', why: 'as asked' },
    } as const;
    expect(runList.present?.({ runs: [run] } as never)[0]).toMatchObject({
      rows: [{ score: 'logLoss 0.300, accuracy 0.900' }],
    });
  });

  describe('of the run of a job', () => {
    it('shows its steps, facts, lineage and how it ended', async () => {
      const { run } = await host.run(brew, {});
      expect(await host.run(runShow, { run })).toMatchObject({
        kind: 'brewing',
        status: 'succeeded',
        params: { hops: 3 },
        kettle: 'copper',
        litres: 20,
        metrics: { temperature: 4, test: { taste: 0.9 } },
        curves: { temperature: [4, 4, 4] },
        steps: [
          { step: 'mash', state: 'done' },
          { step: 'boil', state: 'done' },
          { step: 'cool', state: 'done' },
        ],
      });
      const events = await (await host.service(journalToken)).read({ subject: `run:${run}` });
      expect(events.map(({ type, payload }) => [type, payload.kind, payload.metrics])).toEqual([
        ['run.started', 'brewing', {}],
        ['run.succeeded', 'brewing', { taste: 0.9 }],
      ]);
    });

    it('goes on with "run resume" behind the last finished step, as the same run', async () => {
      failsIn = 'boil';
      await expect(host.run(brew, {})).rejects.toThrow('the kettle leaks');
      const [failed] = (await host.run(runList, {})).runs;
      expect(failed).toMatchObject({ status: 'failed', error: expect.stringContaining('the kettle leaks') });
      failsIn = '';
      const run = failed?.run ?? '';
      expect(await host.run(runResume, { run })).toEqual({ run, status: 'succeeded' });
      expect(done).toEqual(['mash', 'boil', 'boil', 'cool']);
      expect((await host.run(runList, {})).runs).toHaveLength(1);
      await expect(host.run(runResume, { run })).rejects.toMatchObject({
        code: 'TRS_TRACKING_NOT_RESUMABLE',
      });
    });

    it('is cancelled with "run cancel", and says so', async () => {
      isHeld = true;
      const brewing = host.run(brew, {});
      await expect.poll(() => begun).toHaveLength(1);
      const run = begun[0]?.run ?? '';
      expect(await host.run(runCancel, { run })).toMatchObject({ status: 'running', cancelRequested: true });
      await expect(brewing).rejects.toMatchObject({ code: 'TRS_KERNEL_JOB_CANCEL' });
      expect((await host.run(runShow, { run })).status).toBe('cancelled');
      await expect(host.run(runCancel, { run })).rejects.toMatchObject({
        code: 'TRS_TRACKING_NOT_CANCELLABLE',
      });
    });

    it('is interrupted when the process of its job is gone, whatever it last wrote', async () => {
      isHeld = true;
      const brewing = host.run(brew, {}).catch(() => {});
      await expect.poll(() => begun).toHaveLength(1);
      const run = begun[0]?.run ?? '';
      const [job] = await (await host.service(jobStoreToken)).list({ state: 'running', limit: 1 });
      // As another process finds it when the lease has run out.
      const metadata = await host.service((await import('@trestle/store')).metadataToken);
      await metadata.write<{ jobs: { id: string; lease_until_ms: number } }, void>(async (db) => {
        await db
          .updateTable('jobs')
          .set({ lease_until_ms: 0 })
          .where('id', '=', job?.id ?? '')
          .execute();
      });
      expect((await host.run(runShow, { run })).status).toBe('interrupted');
      isHeld = false;
      await brewing;
      expect((await host.run(runShow, { run })).status).toBe('interrupted');
    });
  });
});
