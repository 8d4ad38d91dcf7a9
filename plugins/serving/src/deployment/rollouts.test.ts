import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArmEvidence,
  answersToken,
  deploymentsToken,
  NO_ARM_EVIDENCE,
  NO_PAIR_EVIDENCE,
  predictionLogToken,
  rolloutStrategies,
  rolloutStrategy,
} from '@trestle/contracts';
import { contribute, type Host, journalToken, type Plugin, plugin } from '@trestle/kernel';
import { dataPlugin } from '@trestle/plugin-data';
import { monitorFeedback, monitoringPlugin } from '@trestle/plugin-monitoring';
import { modelPromote, modelRegister, registryPlugin } from '@trestle/plugin-registry';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { logBin } from '@trestle/statistics';
import { metadataToken } from '@trestle/store';
import { responseOf, type TemporaryProject, temporaryProject, tinyModel } from '@trestle/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  deploymentAbort,
  deploymentList,
  deploymentPause,
  deploymentPromote,
  deploymentResume,
  deploymentRollback,
  deploymentShow,
  deploymentTop,
  deployOperation,
  servingPlugin,
} from '../index.ts';
import type { ServingTables } from '../serving-tables.ts';
import { judgeRollouts } from './judge-rollouts.ts';

/** All of it moves when somebody has waited for a minute. */
const patient = rolloutStrategy({
  name: 'patient',
  summary: 'Waits for a minute.',
  options: z.strictObject({}),
  wants: () => ({ outcomes: false, scores: false, labels: false, warmUp: false }),
  explain: () => ['It waits for a minute.'],
  traffic: () => ({ share: 0, mirrored: 0 }),
  judge: (_, { elapsedMs }) => ({
    decision: elapsedMs > 60_000 ? 'promote' : 'hold',
    reasons: [`${Math.floor(elapsedMs / 1_000)} s have passed.`],
    measures: [],
  }),
});
const outside = plugin({
  name: 'outside',
  version: '1.0.0',
  contributions: [contribute(rolloutStrategies, patient)],
});
const PLUGINS: readonly Plugin[] = [
  dataPlugin,
  registryPlugin,
  servingPlugin,
  monitoringPlugin,
  trackingPlugin,
];

const HALF = { steps: [50, 100], minRequests: 40 };

describe('rollouts', () => {
  let project: TemporaryProject;
  let host: Host;
  let name: string;
  let names = 0;
  beforeAll(async () => {
    project = await temporaryProject();
    host = await project.open([...PLUGINS, outside]);
    // 1 and 2 answer alike but for a hair, 3 says the opposite, 4 takes rows that 1 does not.
    for (const bytes of [tinyModel(1), tinyModel(1.0001), tinyModel(-3), tinyModel(1, { isImputed: true })]) {
      await writeFile(join(project.dir, 'model.onnx'), bytes);
      await host.run(modelRegister, { file: 'model.onnx', name: 'strikes' }, { surface: 'cli' });
    }
  });
  afterAll(() => project.remove());
  beforeEach(async () => {
    name = `d${names++}`;
    await host.run(deployOperation, { model: 'strikes@1', name });
  });

  const predict = async (row: object, headers: Record<string, string> = {}, on = host) => {
    const path = '/v1/predict/:deployment';
    const route = servingPlugin.routes.find((one) => one.path === path);
    const handler = await route?.load();
    const context = on.context({ id: path, access: 'serving:predict' }, { surface: 'http' });
    const request = new Request('http://localhost/', {
      method: 'POST',
      headers,
      body: JSON.stringify({ rows: [row] }),
    });
    if (!handler) throw new RangeError('there is no such route');
    const answer = responseOf(await handler(context, request, { deployment: name }));
    return z.object({ id: z.string(), model: z.object({ version: z.number() }) }).parse(await answer.json());
  };
  const judge = (on = host) =>
    judgeRollouts(on.context({ id: 'judge', access: 'system:run' }, { surface: 'internal' }));
  const show = () => host.run(deploymentShow, { deployment: name });
  const deploy = (version: number, more: object = {}) =>
    host.run(deployOperation, {
      model: `strikes@${version}`,
      name,
      strategy: 'canary',
      options: HALF,
      ...more,
    });
  const counted = async () =>
    (
      await (
        await host.service(metadataToken)
      )
        .query<ServingTables>()
        .selectFrom('rollout_evidence')
        .select('evidence')
        .where('deployment', '=', name)
        .execute()
    ).map(({ evidence }): { champion: ArmEvidence; challenger: ArmEvidence } => JSON.parse(evidence));
  const seen = async (requests: number) =>
    await vi.waitUntil(
      async () =>
        (await counted()).reduce((sum, one) => sum + one.champion.requests + one.challenger.requests, 0) >=
        requests,
      { timeout: 10_000, interval: 50 },
    );
  /** The challenger is ready, so that the next requests may go to it. */
  const warm = async () => {
    await predict({ x: 1 });
    await vi.waitUntil(
      async () =>
        (await (
          await host.service(metadataToken)
        )
          .query<ServingTables>()
          .selectFrom('rollout_evidence')
          .select('is_warm')
          .where('deployment', '=', name)
          .where('is_warm', '=', 1)
          .executeTakeFirst()) !== undefined,
      { timeout: 20_000, interval: 50 },
    );
  };
  const arm = (requests: number, errors = 0, score = 0.5): ArmEvidence => ({
    ...NO_ARM_EVIDENCE,
    requests,
    errors,
    latencies: { [logBin(2)]: (requests - errors) / 2, [logBin(3)]: (requests - errors) / 2 },
    scores: {
      [logBin(score)]: (requests - errors) / 2,
      [logBin(score + 0.2)]: (requests - errors) / 2,
    },
  });
  /** What some process has seen of a step. */
  const seenBy = async (process: string, champion: ArmEvidence, challenger: ArmEvidence, step = 0) =>
    await (await host.service(metadataToken)).write<ServingTables, void>(async (db) => {
      const evidence = JSON.stringify({ champion, challenger, pairs: NO_PAIR_EVIDENCE });
      await db
        .insertInto('rollout_evidence')
        .values({
          deployment: name,
          rollout: 1,
          step,
          process,
          share: 0.5,
          evidence,
          is_warm: 1,
          seen_at: Date.now(),
        })
        .onConflict((conflict) =>
          conflict.columns(['deployment', 'rollout', 'step', 'process']).doUpdateSet({ evidence }),
        )
        .execute();
    });

  it('say what they are going to do, and change nothing in a dry run', async () => {
    const planned = await deploy(2, { dryRun: true });
    expect(planned).toMatchObject({ dryRun: true, model: { version: 1 } });
    expect(planned.plan?.join('\n')).toContain('50 % of the requests');
    expect((await show()).latest).toBeUndefined();
    expect(await host.run(deployOperation, { model: 'strikes@2', name, dryRun: true })).toMatchObject({
      dryRun: true,
      model: { version: 2 },
      revision: 2,
    });
    expect((await show()).revision).toBe(1);
  });

  it('count nothing of either version before the challenger is ready: it would look as if less happened to it', async () => {
    await deploy(2);
    const answers = await Promise.all(Array.from({ length: 40 }, () => predict({ x: 1 })));
    expect(new Set(answers.map(({ model }) => model.version))).toEqual(new Set([1]));
    await warm();
    // The request that `warm` makes may come when it is ready.
    for (const { champion, challenger } of await counted())
      expect(champion.requests + challenger.requests).toBeLessThanOrEqual(1);
  });

  it('give each request to one version that says which, the same for the same key in every process', async () => {
    expect(await deploy(2)).toMatchObject({
      model: { version: 1 },
      strategy: 'canary',
      traffic: [
        { version: 1, percent: 50 },
        { version: 2, percent: 50 },
      ],
      rollout: { rollout: 1, revision: 2, step: 0, share: 0.5, state: 'running' },
    });
    await warm();
    const keys = Array.from({ length: 30 }, (_, n) => ({ 'x-trestle-key': `user-${n}` }));
    const first = await Promise.all(keys.map((headers) => predict({ x: 1 }, headers)));
    const versions = first.map(({ model }) => model.version);
    expect(new Set(versions)).toEqual(new Set([1, 2]));
    const again = await Promise.all(keys.map((headers) => predict({ x: 2 }, headers)));
    expect(again.map(({ model }) => model.version)).toEqual(versions);
    // Each key was drawn once, and counts once; the request before them came when the challenger was not ready.
    await seen(30);
    const of = (arm: 'champion' | 'challenger') =>
      counted().then((all) => all.reduce((sum, one) => sum + one[arm].requests, 0));
    expect((await of('champion')) + (await of('challenger'))).toBe(30);
    await (await host.service(predictionLogToken)).flush();
    const recent = await host.run(deploymentTop, { deployment: name, seconds: 60 });
    expect(recent.revisions).toMatchObject([
      { revision: 1, model: 'strikes@1', role: 'champion' },
      { revision: 2, model: 'strikes@2', role: 'challenger' },
    ]);
    expect(
      (await host.run(deploymentList, {})).deployments.find((one) => one.deployment === name),
    ).toMatchObject({
      strategy: 'canary',
    });
    await host.run(deploymentAbort, { deployment: name });
  });

  it('are rolled back by themselves when the new version does not answer what the old one does', async () => {
    await host.run(deployOperation, { model: 'strikes@4', name });
    await deploy(1);
    await warm();
    // Version 1 refuses a row whose x is missing, version 4 takes it.
    const rows = Array.from({ length: 60 }, () => predict({ x: null }).catch(() => undefined));
    await Promise.all(rows);
    await seen(60);
    await judge();
    const { latest, model } = await show();
    expect(model.version).toBe(4);
    expect(latest).toMatchObject({ state: 'rolled-back', share: 0 });
    expect(latest?.history.at(-1)).toMatchObject({
      kind: 'rolled-back',
      reasons: ['The challenger is worse.', expect.stringMatching(/^errors: 0 % of .* champion, 100 % of/)],
      measures: [
        expect.objectContaining({ name: 'errors', state: 'worse' }),
        expect.anything(),
        expect.anything(),
        expect.anything(),
      ],
    });
    const events = await (await host.service(journalToken)).read({
      types: ['deployment.rollout-rolled-back'],
    });
    expect(events.at(-1)).toMatchObject({
      type: 'deployment.rollout-rolled-back',
      payload: { deployment: name, reasons: expect.arrayContaining(['The challenger is worse.']) },
    });
    // From the next request on, in this process and in others.
    const other = await project.open(PLUGINS);
    for (const on of [host, other])
      for (let n = 0; n < 10; n++) expect((await predict({ x: null }, {}, on)).model.version).toBe(4);
  });

  it('are promoted by themselves by what all processes have seen, however often that is written', async () => {
    await deploy(2);
    for (let n = 0; n < 3; n++) await seenBy('a', arm(100), arm(100));
    await judge();
    // The thresholds are those of the champion until now; what comes after them counts.
    expect((await show()).latest?.state).toBe('running');
    for (const process of ['a', 'b', 'c']) await seenBy(process, arm(4_000), arm(4_000));
    await judge();
    const { latest, model, revisions } = await show();
    expect(latest?.verdict.reasons[0]).toBe('Everything is within its tolerance.');
    expect(latest).toMatchObject({ state: 'promoted', points: expect.any(Array) });
    expect(latest?.verdict.measures[0]?.champion.of).toBe(12_000);
    expect(model.version).toBe(2);
    expect(revisions.map(({ kind }) => kind)).toEqual(['deployed', 'challenger', 'promoted']);
    expect(await host.run(deploymentRollback, { deployment: name })).toMatchObject({ model: { version: 1 } });
  });

  it('go step by step, and roll back when scores move beyond what is put up with', async () => {
    await deploy(3, { options: { ...HALF, steps: [20, 50, 100] } });
    await seenBy('a', arm(100), arm(60));
    await judge();
    expect((await show()).latest).toMatchObject({ step: 1, share: 0.5, state: 'running' });
    await seenBy('a', arm(3_000), arm(3_000, 0, 0.1), 1);
    await judge();
    expect((await show()).latest).toMatchObject({ state: 'rolled-back' });
    expect((await show()).latest?.history.map(({ kind }) => kind)).toEqual([
      'started',
      'advanced',
      'rolled-back',
    ]);
  });

  it('are paused and resumed, promoted and aborted by people, who may say why', async () => {
    await deploy(2);
    await host.run(deploymentPause, { deployment: name, reason: 'The release is frozen.' });
    for (const process of ['a', 'b']) await seenBy(process, arm(100), arm(100));
    await judge();
    await seenBy('a', arm(9_000), arm(9_000));
    await judge();
    expect((await show()).latest).toMatchObject({ state: 'paused', verdict: { decision: 'promote' } });
    await expect(host.run(deploymentPause, { deployment: name })).rejects.toMatchObject({
      code: 'TRS_SERVING_ROLLOUT_STATE',
    });
    await host.run(deploymentResume, { deployment: name });
    expect(await host.run(deploymentPromote, { deployment: name })).toMatchObject({ model: { version: 2 } });
    const { latest } = await show();
    expect(latest?.history.map(({ kind }) => kind)).toEqual(['started', 'paused', 'resumed', 'promoted']);
    expect(latest?.history[1]?.reasons).toEqual(['The release is frozen.']);
    await expect(host.run(deploymentAbort, { deployment: name })).rejects.toMatchObject({
      code: 'TRS_SERVING_NO_ROLLOUT',
    });
  });

  it('end a paused rollout that does harm', async () => {
    await deploy(2);
    await host.run(deploymentPause, { deployment: name });
    await seenBy('a', arm(100), arm(100, 60));
    await judge();
    expect((await show()).latest?.state).toBe('rolled-back');
  });

  it('exclude each other, and any other change, by name', async () => {
    await deploy(2);
    for (const change of [() => deploy(3), () => host.run(deployOperation, { model: 'strikes@3', name })])
      await expect(change()).rejects.toMatchObject({
        code: 'TRS_SERVING_ROLLOUT_UNDER_WAY',
        message: expect.stringContaining('number 1, canary'),
      });
    const racing = await Promise.allSettled(
      [deploymentAbort, deploymentAbort].map((one) => host.run(one, { deployment: name })),
    );
    expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const started = await Promise.allSettled([deploy(2), deploy(3)]);
    expect(started.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await host.run(deploymentRollback, { deployment: name })).toMatchObject({ model: { version: 1 } });
    expect((await show()).latest).toMatchObject({ rollout: 2, state: 'rolled-back' });
  });

  it('are over when the alias moves that the deployment follows', async () => {
    await host.run(modelPromote, { name: 'strikes', version: 1, alias: name });
    await host.run(deployOperation, { model: `strikes@${name}`, name });
    await deploy(2);
    await host.run(modelPromote, { name: 'strikes', version: 3, alias: name });
    const { latest, model } = await show();
    expect(latest).toMatchObject({ state: 'superseded' });
    expect(latest?.history.at(-1)?.reasons[0]).toContain('strikes@3');
    expect(model.version).toBe(3);
  });

  it.each([
    ['no champion', { name: 'nobody' }, 'TRS_SERVING_NO_CHAMPION'],
    ['the version that serves', { model: 'strikes@1' }, 'TRS_SERVING_SAME_MODEL'],
    ['a version that there is not', { model: 'strikes@99' }, 'TRS_REGISTRY_UNKNOWN_VERSION'],
    ['an option twice', { steps: ['5'], options: { steps: [1] } }, 'TRS_SERVING_OPTION_TWICE'],
    ['steps that fall', { options: {}, steps: ['5', '1'] }, 'TRS_SERVING_STRATEGY_OPTION'],
  ])('refuse %s', async (_, more, code) => {
    await expect(deploy(2, more)).rejects.toMatchObject({ code });
  });

  it('are of strategies from outside, too; without its plugin one waits and says why', async () => {
    await host.run(deployOperation, { model: 'strikes@2', name, strategy: 'patient' });
    const without = await project.open(PLUGINS);
    await judge(without);
    expect((await show()).latest?.verdict.reasons[0]).toMatch(
      /cannot be judged: There is no rollout strategy "patient"/,
    );
    expect((await predict({ x: 1 }, {}, without)).model.version).toBe(1);
    await judge();
    expect((await show()).latest).toMatchObject({
      state: 'running',
      verdict: { reasons: [expect.stringMatching(/^\d+ s have passed/)] },
    });
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ['Date'] });
    try {
      await judge();
    } finally {
      vi.useRealTimers();
    }
    expect((await show()).model.version).toBe(2);
  });

  it('are judged by the labels that come later, of the first row of each request', async () => {
    await deploy(3, { metric: 'labels', options: { ...HALF, tolerances: { scores: 1 } } });
    await warm();
    const answers = await Promise.all(Array.from({ length: 160 }, () => predict({ x: 1 })));
    const labels = answers.map(({ id }) => ({ id, row: 0, label: 'yes' }));
    await writeFile(join(project.dir, 'labels.json'), JSON.stringify(labels));
    await host.run(monitorFeedback, { deployment: name, input: 'labels.json' }, { surface: 'cli' });
    expect(await (await host.service(answersToken)).labelled(name, '', 1_000)).toHaveLength(160);
    await seen(160);
    await judge();
    const { latest } = await show();
    expect(latest?.verdict.reasons.join('\n')).toMatch(
      /wrong answers: 0 % of \d+ requests of the champion, 100 % of \d+/,
    );
    expect(latest?.state).toBe('rolled-back');
    expect((await (await host.service(deploymentsToken)).get(name)).model.version).toBe(1);
  });
});
