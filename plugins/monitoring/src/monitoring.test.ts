import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lineageSources } from '@trestle/contracts';
import { type Host, journalToken, TrestleError } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { responseOf, type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstChampion } from './first-champion.test.setup.ts';
import { bufferedLogToken } from './log/buffered-log-token.ts';
import { pruneLog } from './log/prune-log.ts';
import { addDataset, newWorld, pluginsOf, type World } from './neighbours.test.setup.ts';
import { monitorAcknowledge, monitorAlerts } from './operations/alerts.ts';
import { monitorCheck } from './operations/check.ts';
import { monitorDrift } from './operations/drift.ts';
import { monitorFeedback } from './operations/feedback.ts';
import { monitorStatus } from './operations/status.ts';
import type { MonitoringTables } from './tables.ts';
import { drawRows, logged, sendTraffic, type TrueRow } from './traffic.test.setup.ts';

let project: TemporaryProject;
let world: World;
let host: Host;
let rates: Record<string, number>;

beforeEach(async () => {
  project = await temporaryProject();
  world = newWorld();
  rates = await firstChampion(world);
  host = await project.open(pluginsOf(world));
});
afterEach(async () => {
  await project.remove();
});

const send = (rows: readonly TrueRow[], prefix = 'p') =>
  sendTraffic(host, rows, { version: 1, rates }, prefix);

async function labelFile(entries: readonly unknown[], lines = false): Promise<string> {
  const path = join(project.dir, 'labels.json');
  const text = lines
    ? entries.map((entry) => JSON.stringify(entry)).join('\n')
    : JSON.stringify({ labels: entries });
  await writeFile(path, text);
  return path;
}

describe('the prediction log', () => {
  it('is read by another process, and survives the end of the first', async () => {
    await send(drawRows(2, 30));
    await host.close();
    const other = await project.open(pluginsOf(world));
    const { deployments } = await other.run(monitorStatus, {});
    expect(deployments).toMatchObject([
      { deployment: 'strikes', health: 'waiting', traffic: { requests: 30, rows: 30 } },
    ]);
    expect(deployments[0]?.traffic.latencyMs).toEqual({ p50: 2, p95: 2, p99: 2 });
    expect(deployments[0]?.traffic.recent.reduce((sum, step) => sum + step.requests, 0)).toBe(30);
  });

  it('takes entries of two processes at once, and loses none', async () => {
    const other = await project.open(pluginsOf(world));
    const rows = drawRows(3, 400);
    await Promise.all([
      sendTraffic(host, rows, { version: 1, rates }, 'one'),
      sendTraffic(other, rows, { version: 1, rates }, 'two'),
    ]);
    expect((await host.run(monitorStatus, {})).deployments[0]?.traffic.requests).toBe(800);
  });

  it('is written when the host closes', async () => {
    const [row] = drawRows(4, 1);
    if (row) (await host.service(bufferedLogToken)).append(logged('p-last', row, { version: 1, rates }));
    await host.close();
    const other = await project.open(pluginsOf(world));
    expect((await other.run(monitorStatus, {})).deployments[0]?.traffic.requests).toBe(1);
  });

  it('deletes what is too old or too many, with its labels, oldest first', async () => {
    const ids = await send(drawRows(5, 50));
    await host.run(monitorFeedback, {
      deployment: 'strikes',
      input: await labelFile(ids.map((id) => ({ id, label: 'yes' }))),
    });
    const metadata = await host.service(metadataToken);
    const year = 365 * 86_400_000;
    expect(await pruneLog(metadata, { keepMs: year, maxRequests: 20, now: new Date('2026-02-01') })).toBe(30);
    expect(await pruneLog(metadata, { keepMs: year, maxRequests: 20, now: new Date('2026-02-01') })).toBe(0);
    const left = await metadata
      .query<MonitoringTables>()
      .selectFrom('monitoring_labels')
      .select('prediction')
      .execute();
    expect(left.map((row) => row.prediction).sort()).toEqual(ids.slice(30).sort());
    expect(await pruneLog(metadata, { keepMs: 1_000, maxRequests: 20, now: new Date('2026-02-01') })).toBe(
      20,
    );
  });

  it('leads from a prediction to the deployment and the model', async () => {
    const [id] = await send(drawRows(6, 1));
    const source = host.extensions(lineageSources).find((each) => each.refKind === 'prediction');
    const load = await source?.load();
    expect(await load?.(host, `prediction:${id}`)).toEqual([
      { from: 'deployment:strikes@1', to: `prediction:${id}`, kind: 'predicted' },
      { from: 'model:strikes@1', to: `prediction:${id}`, kind: 'predicted' },
    ]);
    expect(await load?.(host, 'prediction:p-nobody')).toBeUndefined();
  });
});

describe('feedback', () => {
  const route = async (body: string): Promise<Response> => {
    const declared = host.plugins
      .flatMap((each) => each.routes ?? [])
      .find((each) => each.path.startsWith('/v1/feedback'));
    if (!declared) throw new Error('no route');
    const handle = await declared.load();
    const ctx = host.context({ id: 'feedback', access: declared.access });
    const request = new Request('http://localhost/v1/feedback/strikes', { method: 'POST', body });
    return responseOf(await handle(ctx, request, { deployment: 'strikes' }));
  };

  it('matches labels to rows and reports the ones that belong to none', async () => {
    const [a, b] = await send(drawRows(7, 2));
    const labels = [
      { id: a, label: 'yes' },
      { id: b, row: 0, label: 'no' },
      { id: a, row: 7, label: 'no' },
      { id: 'p-who', label: 'yes' },
    ];
    const response = await route(JSON.stringify({ labels }));
    expect(await response.json()).toEqual({
      deployment: 'strikes',
      received: 4,
      matched: 2,
      changed: 0,
      unmatched: [
        { id: a, row: 7, reason: 'no-such-row' },
        { id: 'p-who', row: 0, reason: 'unknown-id' },
      ],
    });
  });

  it.each([
    ['another spelling', 'YES'],
    ['an empty text', ''],
    ['a number', 1],
  ])('refuses %s of a class, names the classes, and keeps the labels that were there', async (_, wrong) => {
    const [a, b] = await send(drawRows(7, 2));
    await route(JSON.stringify({ labels: [{ id: a, label: 'yes' }] }));
    const labels = [
      { id: b, label: 'no' },
      { id: a, label: wrong },
    ];
    await expect(route(JSON.stringify({ labels }))).rejects.toMatchObject({
      code: 'TRS_MONITOR_LABEL_UNKNOWN',
      message: expect.stringMatching(/no, yes|yes, no/),
      details: { entry: 1, id: a, label: wrong },
    });
    const again = await route(JSON.stringify({ labels: [{ id: a, label: 'yes' }] }));
    expect(await again.json()).toMatchObject({ matched: 1, changed: 0 });
  });

  it('changes nothing when the same labels come again, and no event tells of it', async () => {
    const ids = await send(drawRows(8, 20));
    const input = await labelFile(
      ids.map((id) => ({ id, label: 'yes' })),
      true,
    );
    await host.run(monitorFeedback, { deployment: 'strikes', input });
    expect(await host.run(monitorFeedback, { deployment: 'strikes', input })).toMatchObject({
      matched: 20,
      changed: 0,
    });
    const events = await (await host.service(journalToken)).read({ types: ['feedback.received'] });
    expect(events.map((event) => event.payload)).toEqual([
      { deployment: 'strikes', added: 20, changed: 0, unmatched: 0 },
    ]);
    expect((await host.run(monitorStatus, {})).deployments[0]?.traffic.labels).toBe(20);
  });

  it('lets the last label win and counts the change', async () => {
    const [id] = await send(drawRows(9, 1));
    await route(JSON.stringify({ labels: [{ id, label: 'yes' }] }));
    const answer = await route(
      JSON.stringify({
        labels: [
          { id, label: 'yes' },
          { id, label: 'no' },
        ],
      }),
    );
    expect(await answer.json()).toMatchObject({ matched: 1, changed: 1 });
    const rows = await (await host.service(metadataToken))
      .query<MonitoringTables>()
      .selectFrom('monitoring_labels')
      .selectAll()
      .execute();
    expect(rows).toMatchObject([{ label: '"no"', changes: 1 }]);
  });

  it.each([
    ['not JSON', 'TRS_MONITOR_BODY_NOT_JSON'],
    ['{}', 'TRS_MONITOR_LABELS_INVALID'],
    ['{"labels": []}', 'TRS_MONITOR_LABELS_INVALID'],
    ['{"labels": [{"id": "p", "label": {"a": 1}}]}', 'TRS_MONITOR_LABELS_INVALID'],
    ['{"labels": [{"id": "p", "row": -1, "label": 1}]}', 'TRS_MONITOR_LABELS_INVALID'],
  ])('refuses %s', async (body, code) => {
    await expect(route(body)).rejects.toMatchObject({ code, kind: 'invalid' });
  });

  it('names the line of a file that cannot be used, and keeps nothing of the file', async () => {
    const ids = await send(drawRows(10, 2));
    const input = await labelFile([{ id: ids[0], label: 'yes' }, { id: ids[1] }], true);
    const failing = host.run(monitorFeedback, { deployment: 'strikes', input });
    await expect(failing).rejects.toMatchObject({
      code: 'TRS_MONITOR_LABELS_INVALID',
      details: { where: 'line 2' },
    });
    expect((await host.run(monitorStatus, {})).deployments[0]?.traffic.labels).toBe(0);
    expect(await readFile(input, 'utf8')).toContain('label');
  });
});

describe('monitor.drift', () => {
  it('waits for enough rows', async () => {
    await send(drawRows(11, 199));
    expect(await host.run(monitorDrift, { deployment: 'strikes' })).toMatchObject({
      state: 'waiting',
      drifted: false,
      window: { rows: 199, minRows: 200 },
    });
  });

  it('finds none in traffic like the training data', async () => {
    await send(drawRows(12, 600));
    const report = await host.run(monitorDrift, { deployment: 'strikes' });
    expect(report).toMatchObject({ state: 'ok', drifted: false, window: { rows: 500 } });
    expect(monitorDrift.verdict?.(report)).toBe(true);
  });

  it('names the features that drifted, and says no', async () => {
    await send(drawRows(13, 300, true));
    const report = await host.run(monitorDrift, { deployment: 'strikes' });
    expect(report.features.filter((feature) => feature.drifted).map((feature) => feature.name)).toEqual([
      'speed',
      'kind',
    ]);
    expect(monitorDrift.verdict?.(report)).toBe(false);
  });

  it('does not count rows that another version answered', async () => {
    await sendTraffic(host, drawRows(14, 300, true), { version: 9, rates });
    expect(await host.run(monitorDrift, { deployment: 'strikes' })).toMatchObject({
      state: 'waiting',
      window: { rows: 0 },
    });
  });

  it('says when a model brings no training statistics', async () => {
    world.references.clear();
    expect(await host.run(monitorDrift, { deployment: 'strikes' })).toMatchObject({
      state: 'no-reference',
      drifted: false,
    });
  });

  it('compares with a dataset version that is named, also for a model without training statistics', async () => {
    addDataset(world, 'birds', drawRows(21, 3_000));
    addDataset(world, 'birds', drawRows(22, 3_000, true));
    await send(drawRows(23, 300, true));
    for (const hasReference of [true, false]) {
      if (!hasReference) world.references.clear();
      const [before, after] = [
        await host.run(monitorDrift, { deployment: 'strikes', against: 'birds@1' }),
        await host.run(monitorDrift, { deployment: 'strikes', against: 'birds@2' }),
      ];
      expect(before).toMatchObject({ state: 'drifted', against: 'birds@1' });
      expect(before.features.map(({ name, drifted }) => [name, drifted])).toEqual([
        ['speed', true],
        ['kind', true],
      ]);
      expect(after).toMatchObject({ state: 'ok', against: 'birds@2' });
    }
  });

  it('shows a dataset only to who may read it', async () => {
    addDataset(world, 'birds', drawRows(21, 300));
    const asked = { deployment: 'strikes', against: 'birds@1' };
    const principal = { id: 'watcher', scopes: ['monitor:read'] };
    await expect(host.run(monitorDrift, asked, { principal })).rejects.toMatchObject({
      code: 'TRS_MONITOR_DATA_DENIED',
    });
  });

  it('knows no deployment of that name', async () => {
    await expect(host.run(monitorDrift, { deployment: 'nobody' })).rejects.toBeInstanceOf(TrestleError);
  });
});

describe('monitor.check', () => {
  const check = () => host.run(monitorCheck, { deployment: 'strikes' });

  it('fires an alert once while it is open, and resolves it when the traffic is normal again', async () => {
    await send(drawRows(15, 300, true, '2026-02-01'), 'shifted');
    const [first, second] = [await check(), await check()];
    expect(first.fired).toMatchObject([
      { kind: 'drift', state: 'open', model: { version: 1 }, features: ['speed', 'kind'] },
      { kind: 'quality', features: ['speed'] },
      { kind: 'quality', features: ['kind'] },
    ]);
    expect(first.fired[0]?.summary).toContain('2 of 2 features drifted over 300 rows: speed (psi');
    expect(second.fired).toEqual([]);
    const ids = first.fired.map(({ alert }) => alert).toSorted();
    expect(second.open.map(({ alert }) => alert).toSorted()).toEqual(ids);
    await send(drawRows(16, 500, false, '2026-03-01'), 'normal');
    const { resolved } = await check();
    expect(resolved.map(({ alert }) => alert).toSorted()).toEqual(ids);
    expect((await host.run(monitorAlerts, { state: 'open' })).alerts).toEqual([]);
    const events = await (await host.service(journalToken)).read({});
    expect(events.map((event) => event.type).filter((type) => type.startsWith('alert.'))).toEqual([
      ...ids.map(() => 'alert.fired'),
      ...ids.map(() => 'alert.resolved'),
    ]);
  });

  it('opens only one alert of a kind when two processes check at once', async () => {
    await send(drawRows(17, 300, true));
    const other = await project.open(pluginsOf(world));
    await Promise.all([check(), other.run(monitorCheck, { deployment: 'strikes' }), check()]);
    const { alerts } = await host.run(monitorAlerts, {});
    expect(alerts.map(({ kind, features }) => [kind, ...features].join(' ')).toSorted()).toEqual([
      'drift speed kind',
      'quality kind',
      'quality speed',
    ]);
  });

  it('keeps an acknowledged alert open until its cause is gone', async () => {
    await send(drawRows(18, 300, true));
    const [alert] = (await check()).fired;
    expect(await host.run(monitorAcknowledge, { alert: alert?.alert ?? '' })).toMatchObject({
      state: 'acknowledged',
      acknowledgedBy: 'system',
    });
    const again = await check();
    expect(again.fired).toEqual([]);
    expect(again.open.find((one) => one.alert === alert?.alert)).toMatchObject({ state: 'acknowledged' });
    await expect(host.run(monitorAcknowledge, { alert: 'a-none' })).rejects.toMatchObject({
      code: 'TRS_MONITOR_UNKNOWN_ALERT',
    });
  });

  it('sees that the predictions became worse once labels arrive', async () => {
    // The same inputs, but what they mean has turned round.
    const rows = drawRows(19, 400).map(
      (row): TrueRow => ({ ...row, damaged: row.damaged === 'yes' ? 'no' : 'yes' }),
    );
    const ids = await send(rows);
    const input = await labelFile(ids.map((id, k) => ({ id, label: rows[k]?.damaged })));
    await host.run(monitorFeedback, { deployment: 'strikes', input });
    const report = await check();
    expect(report.drift.drifted).toBe(false);
    expect(report.performance).toMatchObject({ state: 'degraded', labelledRows: 400 });
    expect(report.fired).toMatchObject([{ kind: 'performance' }]);
    expect(report.fired[0]?.summary).toMatch(
      /^Worse than at training time over 400 labelled rows: rocAuc 0\.\d+ against 0\.\d+\.$/,
    );
  });

  it('gives the metrics of a good model and raises nothing', async () => {
    const rows = drawRows(20, 400);
    const ids = await send(rows);
    const input = await labelFile(ids.map((id, k) => ({ id, label: rows[k]?.damaged })));
    await host.run(monitorFeedback, { deployment: 'strikes', input });
    const report = await check();
    expect(report.performance.state).toBe('ok');
    expect(report.performance.metrics.map((metric) => metric.metric)).toEqual([
      'rocAuc',
      'averagePrecision',
      'accuracy',
      'logLoss',
    ]);
    expect(report.open).toEqual([]);
    expect((await host.run(monitorStatus, { deployment: 'strikes' })).deployments[0]).toMatchObject({
      health: 'ok',
      performance: { state: 'ok' },
    });
  });
});

describe('metrics', () => {
  it('count predictions and labels, and give drift and open alerts', async () => {
    const ids = await send(drawRows(21, 300, true));
    await host.run(monitorFeedback, {
      deployment: 'strikes',
      input: await labelFile([{ id: ids[0], label: 'yes' }]),
    });
    await host.run(monitorCheck, { deployment: 'strikes' });
    const samples = new Map<string, number>();
    for (const metric of host.plugins.flatMap((each) => each.metrics ?? [])) {
      for (const { labels, value } of await metric.collect(host)) {
        samples.set(`${metric.name} ${Object.values(labels).join(' ')}`.trim(), value);
      }
    }
    expect(samples.get('trestle_predictions_rows_total strikes strikes 1')).toBe(300);
    expect(samples.get('trestle_feedback_labels_total strikes strikes 1')).toBe(1);
    expect(samples.get('trestle_drift_statistic strikes speed psi')).toBeGreaterThan(0.2);
    expect(samples.get('trestle_alerts_open strikes drift')).toBe(1);
    expect(samples.get('trestle_prediction_log_dropped_total')).toBe(0);
  });
});
