import type { LoggedPrediction } from '@trestle/contracts';
import type { Host } from '@trestle/kernel';
import { seeded } from '@trestle/statistics';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predictionWriter } from '../log/write-predictions.ts';
import { addDataset, newWorld, pluginsOf } from '../neighbours.test.setup.ts';
import { monitorBudget, monitorPower } from '../operations/budget.ts';
import { monitorCheck } from '../operations/check.ts';
import { monitorDrift } from '../operations/drift.ts';
import { monitorPerformance } from '../operations/performance.ts';
import { monitorQuality } from '../operations/quality.ts';
import { compactRollups } from '../rollup/roll-up.ts';
import { rollupsOf } from '../rollup/rollup-rows.ts';
import { prune } from '../schedules.ts';
import type { MonitoringTables } from '../tables.ts';
import { drawRows } from '../traffic.test.setup.ts';
import { watchedOf } from '../watched.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-03-01T00:00:00Z');
const monitor = {
  task: 'binary',
  classes: ['no', 'yes'],
  reference: 'strikes@1',
  target: 'damaged',
  features: ['kind', 'speed'],
};

let project: TemporaryProject;
let host: Host;
beforeAll(async () => {
  const world = newWorld();
  addDataset(world, 'strikes', drawRows(1, 2_000));
  project = await temporaryProject({
    config: {
      monitoring: {
        monitors: {
          birds: monitor,
          feed: monitor,
          window: { ...monitor, reference: { from: '2026-03-01', to: '2026-03-02' } },
        },
        deployments: { birds: { falseAlarms: '1 per 30d', segments: ['kind'] } },
      },
    },
  });
  host = await project.open(pluginsOf(world));
});
afterAll(() => project.remove());

/** Sixty rows an hour, for so many hours from one on. */
async function send(
  deployment: string,
  from: number,
  hours: number,
  change: (row: Record<string, unknown>) => Record<string, unknown> = (row) => row,
) {
  const random = seeded(from + 1);
  const records: LoggedPrediction[] = [];
  for (let hour = from; hour < from + hours; hour++)
    for (const [k, row] of drawRows(hour + 100, 60).entries()) {
      const p = 0.2 + 0.6 * random();
      records.push({
        id: `${hour}-${k}`,
        deployment,
        revision: 0,
        model: { name: deployment, version: 0 },
        time: new Date(START + hour * HOUR + k * 2_000).toISOString(),
        latencyMs: 0,
        count: 1,
        inputs: JSON.stringify([change({ kind: row.kind, speed: row.speed })]),
        outputs: JSON.stringify([{ label: p > 0.5 ? 'yes' : 'no', probabilities: { no: 1 - p, yes: p } }]),
        imputed: 0,
      });
    }
  await predictionWriter(await host.service(metadataToken))(records);
}

describe('a budget of false alarms', () => {
  it('learns what is usual, tells how soon a change is found, and pages once for one', async () => {
    await send('birds', 0, 40);
    expect(await host.run(monitorBudget, { deployment: 'birds' })).toMatchObject({
      state: 'learning',
      blocks: 40,
      alarms: [],
    });
    await send('birds', 40, 40);
    const calm = await host.run(monitorCheck, { deployment: 'birds' });
    expect(calm.budget).toMatchObject({ state: 'ok', blocks: 80, threshold: 720, alarms: [] });
    // Two features and the score, in all rows and in each of four kinds.
    expect(new Set(calm.budget.features.map(({ segment }) => segment)).size).toBeGreaterThan(1);
    expect(calm.fired).toEqual([]);

    const { power } = await host.run(monitorPower, { deployment: 'birds', shift: 0.5, probability: 0.9 });
    const rows = power.find(({ feature }) => feature === 'speed')?.rows ?? 0;
    expect(rows).toBeGreaterThan(0);

    // A standard deviation of 100 to 150.
    await send('birds', 80, 10, (row) => ({ ...row, speed: Number(row.speed) + 14.4 }));
    const { budget, fired } = await host.run(monitorCheck, { deployment: 'birds' });
    expect(budget.state).toBe('alarm');
    expect(budget.alarms[0]?.features).toContain('speed');
    expect(fired).toMatchObject([{ kind: 'drift' }, { kind: 'quality', features: ['speed'] }]);
    expect(new Set(fired.map(({ incident }) => incident)).size).toBe(1);
    expect((await host.run(monitorCheck, { deployment: 'birds' })).fired).toEqual([]);
  });

  it('is answered from roll-ups that say the same once they are hours and days', async () => {
    const watched = await watchedOf(host, 'birds');
    const metadata = await host.service(metadataToken);
    const all = { reference: 'strikes@1', from: '', segment: '' };
    const sum = async () => {
      const rollups = await rollupsOf(metadata, watched, all);
      const speed = rollups.map(({ rollup }) => rollup.features.get('speed'));
      return {
        rows: rollups.reduce((total, { rollup }) => total + rollup.rows, 0),
        first: speed.reduce((total, one) => total + (one?.bins[3] ?? 0), 0),
      };
    };
    const before = await sum();
    expect(before.rows).toBe(90 * 60);
    const count = async () => (await rollupsOf(metadata, watched, all)).length;
    const minutes = await count();
    await compactRollups(host, watched, START + 10 * 24 * HOUR);
    expect(await count()).toBe(90);
    await compactRollups(host, watched, START + 100 * 24 * HOUR);
    expect(await count()).toBe(4);
    expect(minutes).toBe(180);
    expect(await sum()).toEqual(before);
  });

  it('has looked at blocks before they are merged; what is filled in of times long past is merged at once elsewhere', async () => {
    const metadata = await host.service(metadataToken);
    const spans = async (deployment: string, from: number) => {
      const rows = await metadata
        .query<MonitoringTables>()
        .selectFrom('monitoring_rollups')
        .select(['span', 'start'])
        .where('deployment', '=', deployment)
        .where('start', '>=', new Date(START + from * HOUR).toISOString())
        .where('segment', '=', '')
        .execute();
      return [...new Set(rows.map(({ span }) => span))];
    };
    await send('birds', 90, 30);
    await host.run(monitorQuality, { deployment: 'birds' });
    expect(await spans('birds', 90)).toEqual(['minute']);
    const { blocks } = await host.run(monitorBudget, { deployment: 'birds' });
    expect(blocks).toBeGreaterThanOrEqual(29);
    await compactRollups(host, await watchedOf(host, 'birds'), Date.now());
    expect(await spans('birds', 90)).toEqual(['day']);

    const old = (START - Date.parse('2026-01-01T00:00:00Z')) / HOUR;
    await send('feed', -old, 48);
    await host.run(monitorQuality, { deployment: 'feed' });
    expect(await spans('feed', -old)).toEqual(['day']);
  });

  it('refuses to tell the power of what has none, and a reference of a time without rows', async () => {
    await expect(
      host.run(monitorPower, { deployment: 'feed', shift: 0.2, probability: 0.9 }),
    ).rejects.toMatchObject({ code: 'TRS_MONITOR_NO_BUDGET' });
    await expect(host.run(monitorQuality, { deployment: 'window' })).rejects.toMatchObject({
      code: 'TRS_MONITOR_REFERENCE_EMPTY',
    });
  });

  it('compares with a window of production', async () => {
    await send('window', 0, 24);
    await send('window', 24, 24, (row) => ({ ...row, kind: 'owl' }));
    const drift = await host.run(monitorDrift, { deployment: 'window' });
    expect(drift.against).toBe('2026-03-01T00:00:00.000Z/2026-03-02T00:00:00.000Z');
    expect(drift.features.filter(({ drifted }) => drifted).map(({ name }) => name)).toEqual(['kind']);
  });
});

describe('the quality of a feed', () => {
  it('is a broken feed, and not a moved mean', async () => {
    await send('feed', 0, 48);
    const good = await host.run(monitorQuality, { deployment: 'feed' });
    expect(good.checks.filter(({ state, check }) => state === 'bad' && check !== 'stale')).toEqual([]);
    expect(good.days.map(({ rows }) => rows)).toEqual([1_440, 1_440]);
    let row = 0;
    await send('feed', 48, 24, ({ kind, speed }) => {
      row += 1;
      return {
        kind: row % 10 === 0 ? 'dodo' : row % 5 === 0 ? null : kind,
        speed: row % 20 === 0 ? 'fast' : row % 7 === 0 ? 9_999 : speed,
        colour: 'red',
      };
    });
    const { state, checks } = await host.run(monitorQuality, { deployment: 'feed' });
    expect(state).toBe('bad');
    const bad = checks
      .filter((one) => one.state === 'bad' && one.check !== 'stale')
      .map(({ check, feature }) => `${check} ${feature}`);
    expect(bad.toSorted()).toEqual(['missing kind', 'out-of-range speed', 'unseen kind', 'wrong-type speed']);
    expect(checks.find(({ check }) => check === 'unseen')?.summary).toContain('dodo');
    expect(checks.find(({ check }) => check === 'wrong-type')?.summary).toContain('fast');
    expect(checks.find(({ check }) => check === 'unknown-field')).toMatchObject({
      feature: 'colour',
      value: 1,
    });
  });
});

describe('performance', () => {
  it('is estimated without labels, and realised where they come', async () => {
    const alone = await host.run(monitorPerformance, { deployment: 'feed' });
    expect(alone.realised).toMatchObject({ state: 'waiting', labelledRows: 0, metrics: [] });
    expect(alone.estimated).toMatchObject({ state: 'ok', method: 'cbpe', learntFrom: 0 });
    // The probabilities are even from 0.2 to 0.8: the decision is right in 65 of 100.
    expect(alone.estimated.metrics.find(({ metric }) => metric === 'accuracy')?.value).toBeCloseTo(0.65, 1);
    const metadata = await host.service(metadataToken);
    const rows = await metadata
      .query<MonitoringTables>()
      .selectFrom('monitoring_predictions')
      .select(['id', 'outputs'])
      .where('deployment', '=', 'feed')
      .orderBy('time', 'desc')
      .limit(600)
      .execute();
    const random = seeded(5);
    await metadata.write<MonitoringTables, void>(async (db) => {
      await db
        .insertInto('monitoring_labels')
        .values(
          rows.map(({ id, outputs }) => {
            const p: number = JSON.parse(outputs)[0].probabilities.yes;
            return {
              prediction: id,
              row: 0,
              deployment: 'feed',
              label: JSON.stringify(random() < p ? 'yes' : 'no'),
              time: new Date().toISOString(),
              changes: 0,
            };
          }),
        )
        .execute();
    });
    const { realised, estimated } = await host.run(monitorPerformance, { deployment: 'feed' });
    expect(realised.labelledRows).toBe(600);
    const [said, came] = [estimated, realised].map(({ metrics }) =>
      metrics.find(({ metric }) => metric === 'rocAuc'),
    );
    expect(came?.interval?.low).toBeLessThan(said?.value ?? 0);
    expect(came?.interval?.high).toBeGreaterThan(said?.value ?? 1);
    expect(estimated).toMatchObject({ learntFrom: 300, guard: { metric: 'accuracy', rows: 300 } });
    // Concept drift: the labels turn round, the inputs stay.
    await metadata.write<MonitoringTables, void>(async (db) => {
      for (const { id, outputs } of rows.slice(0, 300))
        await db
          .updateTable('monitoring_labels')
          .set({ label: JSON.stringify(JSON.parse(outputs)[0].label === 'yes' ? 'no' : 'yes') })
          .where('prediction', '=', id)
          .execute();
    });
    const turned = await host.run(monitorPerformance, { deployment: 'feed' });
    expect(turned.estimated.state).toBe('distrusted');
    expect(turned.estimated.reason).toContain('has changed');
  });
});

describe('the log', () => {
  it('is counted before what is too old is deleted', async () => {
    const watched = await watchedOf(host, 'birds');
    const metadata = await host.service(metadataToken);
    const all = { reference: 'strikes@1', from: '', segment: '' };
    const rows = async () =>
      (await rollupsOf(metadata, watched, all)).reduce((sum, { rollup }) => sum + rollup.rows, 0);
    const before = await rows();
    // They come months late, and nobody has looked since.
    await send('birds', 400, 2);
    await prune(host.context(monitorCheck));
    const { count } = await metadata
      .query<MonitoringTables>()
      .selectFrom('monitoring_predictions')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    expect(Number(count)).toBe(0);
    expect(await rows()).toBe(before + 120);
  });
});
