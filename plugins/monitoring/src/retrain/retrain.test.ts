import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Host, journalToken } from '@trestle/kernel';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstChampion } from '../first-champion.test.setup.ts';
import { newWorld, pluginsOf, type World } from '../neighbours.test.setup.ts';
import { monitorAlerts } from '../operations/alerts.ts';
import { monitorCheck } from '../operations/check.ts';
import { monitorFeedback } from '../operations/feedback.ts';
import { monitorStatus } from '../operations/status.ts';
import { drawRows, sendTraffic, type TrueRow } from '../traffic.test.setup.ts';
import { decide } from './decide.ts';
import { type Alert, contributeNotifier } from './notifier.test.setup.ts';
import { monitorRetrain } from './retrain-operation.ts';

let project: TemporaryProject;
let world: World;
let rates: Record<string, number>;
let host: Host;
let told: Alert[];

const open = async (rules: Record<string, unknown> = {}): Promise<Host> =>
  await project.open([...pluginsOf(world), contributeNotifier(told)], {
    env: {
      TRESTLE_STORE__RESERVE_BYTES: '0',
      TRESTLE_MONITORING__CHECK_EVERY: '100ms',
      TRESTLE_MONITORING__DEPLOYMENTS: JSON.stringify({
        strikes: { action: 'retrain', retrain: { metric: 'rocAuc', ...rules } },
      }),
    },
  });

async function start(
  rules: Record<string, unknown> = {},
  world_: { timeColumn?: string; group?: string } = { timeColumn: 'time' },
) {
  world = newWorld();
  rates = await firstChampion(world, world_);
  host = await open(rules);
}

beforeEach(async () => {
  project = await temporaryProject();
  told = [];
});
afterEach(async () => {
  await project.remove();
});

/** Sends rows as traffic and then their labels, but for the last `unlabelled`. */
async function live(rows: readonly TrueRow[], unlabelled = 0): Promise<void> {
  const ids = await sendTraffic(host, rows, { version: 1, rates });
  const labels = ids.map((id, k) => ({ id, label: rows[k]?.damaged })).slice(0, ids.length - unlabelled);
  const input = join(project.dir, 'labels.json');
  await writeFile(input, JSON.stringify({ labels }));
  await host.run(monitorFeedback, { deployment: 'strikes', input });
}

const shifted = (count: number) => drawRows(30, count, true, '2026-06-01');
const retrain = (alert?: string) =>
  host.run(monitorRetrain, { deployment: 'strikes', ...(alert === undefined ? {} : { alert }) });

describe('monitor.retrain', () => {
  it('trains on old and labelled rows, compares on the newest, and promotes the better one', async () => {
    await start();
    await live(shifted(600));
    const result = await retrain();
    expect(result).toMatchObject({
      labelledRows: 600,
      dataset: 'strikes@2',
      champion: { name: 'strikes', version: 1 },
      challenger: { name: 'strikes', version: 2 },
      rows: 180,
      metric: 'rocAuc',
      promoted: true,
    });
    // The challenger never sees the rows that it is compared on.
    expect([...world.runs.values()].at(-1)?.run.spec.refit).toBe('no');
    expect(result.metrics.challenger.rocAuc).toBeGreaterThan((result.metrics.champion.rocAuc ?? 1) + 0.1);
    expect(result.reason).toMatch(
      /^The challenger is better: rocAuc 0\.\d+ against 0\.\d+\. Version 2 is "champion" now\.$/,
    );
    expect(world.models.map((model) => model.version.aliases)).toEqual([[], ['challenger', 'champion']]);
    expect(world.deployments.get('strikes')).toMatchObject({ revision: 2, model: { version: 2 } });
    const [, added] = world.datasets.get('strikes') ?? [];
    expect(added?.version.rows).toBe(2_600);
    expect(added?.rows.at(-1)).toEqual(expect.objectContaining({ damaged: expect.stringMatching(/yes|no/) }));
  });

  it('keeps the champion when the challenger is not better by the margin, and says so', async () => {
    await start({ margin: 0.9 });
    await live(shifted(600));
    const result = await retrain();
    expect(result.promoted).toBe(false);
    expect(result.reason).toContain('better by less than the margin of 0.9');
    expect(result.reason).toContain('The champion stays.');
    expect(world.models[0]?.version.aliases).toContain('champion');
    expect((await host.run(monitorStatus, {})).deployments[0]?.lastRetrain).toMatchObject({
      promoted: false,
    });
  });

  it('compares on rows of their own when the data has no time column', async () => {
    await start({}, {});
    await live(shifted(600));
    expect(await retrain()).toMatchObject({ dataset: 'strikes@2', rows: 179, promoted: true });
    expect([...world.runs.values()].at(-1)?.run.spec.refit).toBe('yes');
    expect(world.datasets.get('strikes')?.at(-1)?.version.rows).toBe(2_420);
    expect(world.datasets.get('strikes-recent')?.at(-1)?.version.rows).toBe(180);
  });

  it('refuses with too few labels', async () => {
    await start();
    await live(shifted(300), 250);
    await expect(retrain()).rejects.toMatchObject({
      code: 'TRS_MONITOR_TOO_FEW_LABELS',
      details: { labelledRows: 50 },
    });
    expect(world.calls).toEqual([]);
  });

  it.each([
    'addRows strikes',
    'added strikes',
    'train',
    'register',
    'promote challenger',
    'compare',
    'promote champion',
  ])('goes on where it stopped after a crash at "%s"', async (step) => {
    await start();
    await live(shifted(600));
    world.crashAt = step;
    await expect(retrain('a-1')).rejects.toThrow(`crash at ${step}`);
    await host.close();
    host = await open();
    const result = await retrain('a-1');
    expect(result).toMatchObject({ promoted: true, champion: { version: 1 }, challenger: { version: 2 } });
    expect(world.datasets.get('strikes')).toHaveLength(2);
    expect(world.models).toHaveLength(2);
    expect(world.deployments.get('strikes')?.revision).toBe(2);
    world.calls.length = 0;
    expect(await retrain('a-1')).toEqual(result);
    expect(world.calls).toEqual([]);
  });

  it.each(['train', 'compare'])(
    'leaves the dataset, the model and its aliases as they were when it is refused at "%s", and begins anew when asked again',
    async (step) => {
      for (const timeColumn of [{ timeColumn: 'time' }, {}]) {
        await project.remove();
        project = await temporaryProject();
        await start({}, timeColumn);
        await live(shifted(600));
        world.refuseAt = step;
        await expect(retrain('a-1')).rejects.toMatchObject({ message: `refused at ${step}` });
        expect(world.datasets.get('strikes')).toHaveLength(1);
        expect(world.datasets.has('strikes-recent')).toBe(false);
        expect(world.models.map((model) => model.version.aliases)).toEqual([['champion']]);
        expect(await retrain('a-1')).toMatchObject({ promoted: true, challenger: { version: 2 } });
      }
    },
  );

  it('compares on rows that do not say which group they are of', async () => {
    await start({}, { group: 'site' });
    await live(shifted(600));
    expect(await retrain()).toMatchObject({ promoted: true, challenger: { version: 2 } });
  });

  it('refuses, before anything is added, what would leave too few rows to compare on', async () => {
    await start({ minLabels: 20 }, {});
    await live(shifted(300), 240);
    await expect(retrain()).rejects.toMatchObject({
      code: 'TRS_MONITOR_TOO_FEW_LABELS',
      message: expect.stringMatching(
        /has 60 labelled rows; 65 are needed .* a holdout of 0.3 leaves too few/,
      ),
    });
    expect(world.calls).toEqual([]);
    expect((await host.run(monitorCheck, { deployment: 'strikes' })).action).toMatchObject({
      state: 'waiting',
      reason: '60 labelled rows; 65 are needed to retrain.',
    });
  });

  it('leaves an alias alone that was moved to a third version meanwhile', async () => {
    await start();
    await live(shifted(600));
    const [first] = world.models;
    if (first)
      world.models.push({
        ...first,
        version: { ...first.version, version: 2, digest: 'by hand', aliases: ['champion'] },
      });
    if (first) first.version = { ...first.version, aliases: [] };
    const result = await retrain();
    expect(result).toMatchObject({ promoted: false, challenger: { version: 3 } });
    expect(result.reason).toContain('"champion" was moved to version 2 meanwhile');
  });
});

describe('the action', () => {
  it('follows from drift by itself: alert, job, challenger, champion, resolved', async () => {
    await start();
    await host.start();
    await live(shifted(600));
    await expect
      .poll(
        async () => (await host.run(monitorAlerts, {})).alerts.map((alert) => [alert.kind, alert.state]),
        {
          timeout: 20_000,
          interval: 200,
        },
      )
      .toEqual(expect.arrayContaining([['drift', 'resolved']]));
    const types = (await (await host.service(journalToken)).read({ limit: 1_000 })).map(
      (event) => event.type,
    );
    const place = (type: string): number => types.indexOf(type);
    expect(place('alert.fired')).toBeGreaterThan(-1);
    expect(place('retrain.finished')).toBeGreaterThan(place('alert.fired'));
    expect(place('alert.resolved')).toBeGreaterThan(place('retrain.finished'));
    expect(world.deployments.get('strikes')?.model.version).toBe(2);
    await expect
      .poll(() => told.map((alert) => alert.state), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['open', 'resolved']));
  });

  it('counts every labelled row, not only those of the window that performance is measured on', async () => {
    await start({ minLabels: 1_100 });
    await live(shifted(1_100));
    const { action, performance } = await host.run(monitorCheck, { deployment: 'strikes' });
    expect(performance.labelledRows).toBe(1_000);
    expect(action.state).toBe('queued');
  });

  it('waits for labels, starts once per alert, and then for the cooldown', async () => {
    await start({ margin: 0.9 });
    const check = async () => (await host.run(monitorCheck, { deployment: 'strikes' })).action;
    expect(await check()).toMatchObject({ state: 'none' });
    await live(shifted(600), 550);
    expect(await check()).toMatchObject({
      state: 'waiting',
      reason: '50 labelled rows; 200 are needed to retrain.',
    });
    await live(shifted(600));
    const queued = await check();
    expect(queued.state).toBe('queued');
    expect((await check()).job).toBe(queued.job);
    await host.start();
    await expect.poll(async () => (await check()).reason, { timeout: 20_000 }).toContain('succeeded');
    expect(world.calls.filter((call) => call === 'train')).toHaveLength(1);
  });
});

describe('decide', () => {
  it.each([
    ['higher', 0.7, 0.75, 0.01, true],
    ['higher', 0.7, 0.705, 0.01, false],
    ['higher', 0.7, 0.7, 0, false],
    ['lower', 2, 1.5, 0.1, true],
    ['lower', 2, 2.5, 0.1, false],
  ] as const)(
    'where %s is better, from %d to %d with margin %d: %s',
    (better, before, after, margin, isBetter) => {
      const metric = { name: 'own', better };
      expect(decide({ own: before }, { own: after }, metric, margin).isBetter).toBe(isBetter);
    },
  );

  it('names the known metrics when it is asked for another', () => {
    expect(() => decide({ rocAuc: 1 }, { rocAuc: 1 }, { name: 'f2', better: undefined }, 0)).toThrow(
      expect.objectContaining({ code: 'TRS_MONITOR_UNKNOWN_METRIC' }),
    );
  });
});
