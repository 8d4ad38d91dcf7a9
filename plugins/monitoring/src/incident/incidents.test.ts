import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Host, journalToken } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { settleFindings } from '../alert/alert-records.ts';
import { firstChampion } from '../first-champion.test.setup.ts';
import { bufferedLogToken } from '../log/buffered-log-token.ts';
import { newWorld, pluginsOf, type World } from '../neighbours.test.setup.ts';
import { monitorAcknowledge } from '../operations/alerts.ts';
import { monitorCheck } from '../operations/check.ts';
import { monitorFeedback } from '../operations/feedback.ts';
import {
  incidentAck,
  incidentResolve,
  incidentShow,
  incidentSilence,
  monitorIncidents,
} from '../operations/incidents.ts';
import { type Alert, contributeNotifier } from '../retrain/notifier.test.setup.ts';
import type { MonitoringTables } from '../tables.ts';
import { drawRows, sendTraffic } from '../traffic.test.setup.ts';
import type { Finding } from './finding.ts';
import { isOfOneCause } from './of-one-cause.ts';
import { severityOf } from './severity.ts';

const watched = { deployment: 'strikes', revision: 1, model: { name: 'strikes', version: 1 } };

const finding = (kind: string, features: readonly string[], rest: Partial<Finding> = {}): Finding => ({
  kind,
  ...(kind === 'quality' && features[0] !== undefined ? { feature: features[0] } : {}),
  verdict: 'bad',
  summary: `${kind} of ${features.join(' and ')}.`,
  features: features.map((name) => ({ name })),
  severity: 'warning',
  details: {},
  ...rest,
});
const good = (kind: string, features: readonly string[] = []): Finding =>
  finding(kind, features, { verdict: 'good', summary: `${kind} is over.` });

let project: TemporaryProject;
let world: World;
let host: Host;
beforeEach(async () => {
  project = await temporaryProject();
  world = newWorld();
  await firstChampion(world);
  host = await project.open(pluginsOf(world));
});
afterEach(() => project.remove());

const SOON = { timeout: 10_000 };
const settle = async (...findings: readonly Finding[]) =>
  await settleFindings(await host.service(metadataToken), host.context(monitorCheck), watched, findings);
const list = async (state: 'open' | 'resolved' | 'all' = 'open') =>
  (await host.run(monitorIncidents, { state })).incidents;

describe('an incident', () => {
  it('holds the alerts of one cause: a column that breaks, its drift, and the loss that follows', async () => {
    await settle(finding('quality', ['speed']), finding('quality', ['kind']));
    await settle(finding('drift', ['speed', 'height']));
    await settle(finding('performance', [], { severity: 'critical' }));
    const [second, first] = await list();
    expect(first).toMatchObject({
      state: 'open',
      severity: 'critical',
      title: 'quality of speed.',
      kinds: ['quality', 'drift', 'performance'],
      features: [{ name: 'speed' }, { name: 'height' }],
    });
    expect(first?.alerts.map(({ kind }) => kind)).toEqual(['quality', 'drift', 'performance']);
    expect(second).toMatchObject({ kinds: ['quality'], features: [{ name: 'kind' }] });
    await settle(finding('stale', []), finding('serving', []));
    expect((await list()).map(({ kinds }) => kinds)).toContainEqual(['stale']);
    expect(await list()).toHaveLength(4);
  });

  it('ends with the last of its alerts, and says what happened to it, also to another process', async () => {
    await settle(finding('drift', ['speed']));
    await settle(finding('drift', ['speed', 'kind'], { severity: 'critical' }), finding('performance', []));
    await settle(good('drift'));
    const [open] = await list();
    expect(open).toMatchObject({
      state: 'open',
      severity: 'critical',
      features: [{ name: 'speed' }, { name: 'kind' }],
    });
    await settle(good('performance'));
    expect(await list()).toEqual([]);
    await host.close();
    host = await project.open(pluginsOf(world));
    const shown = await host.run(incidentShow, { incident: open?.incident ?? '' });
    expect(shown).toMatchObject({ state: 'resolved', resolution: 'performance is over.' });
    expect(shown.history.map(({ what }) => what)).toEqual([
      'opened',
      'grew',
      'joined',
      'alert-resolved',
      'alert-resolved',
      'resolved',
    ]);
    const events = await (await host.service(journalToken)).read({ subject: `incident:${open?.incident}` });
    expect(events.map(({ type }) => type)).toEqual([
      'incident.opened',
      'incident.grew',
      'incident.grew',
      'incident.resolved',
    ]);
  });

  it('that comes again within an hour is the same one; later it is another', async () => {
    await settle(finding('drift', ['speed']));
    await settle(good('drift'));
    await settle(finding('drift', ['speed'], { severity: 'info' }));
    const [again] = await list();
    expect(await list('all')).toHaveLength(1);
    expect(again).toMatchObject({ state: 'open', severity: 'info' });
    expect(again?.alerts.map(({ state }) => state).toSorted()).toEqual(['open', 'resolved']);
    await settle(good('drift'));
    await (await host.service(metadataToken)).write<MonitoringTables, void>(async (db) => {
      await db
        .updateTable('monitoring_incidents')
        .set({ resolved_at: new Date(Date.now() - 3_700_000).toISOString() })
        .execute();
    });
    await settle(finding('drift', ['speed']));
    expect(await list('all')).toHaveLength(2);
  });

  it('writes nothing where nothing changes', async () => {
    await settle(finding('drift', ['speed', 'kind']));
    const journal = await host.service(journalToken);
    const before = (await journal.read({})).length;
    await settle(finding('drift', ['kind']), good('performance'));
    expect(await journal.read({})).toHaveLength(before);
  });

  it('is acknowledged with its alerts, by hand or with the last of them', async () => {
    await settle(finding('drift', ['speed']), finding('performance', []));
    const [incident] = await list();
    const [one, other] = incident?.alerts ?? [];
    await host.run(monitorAcknowledge, { alert: one?.alert ?? '' });
    expect(await list()).toMatchObject([{ state: 'open' }]);
    await host.run(monitorAcknowledge, { alert: other?.alert ?? '' });
    expect(await list()).toMatchObject([{ state: 'acknowledged', acknowledgedBy: 'system' }]);
    await settle(finding('quality', ['speed']));
    const id = { incident: incident?.incident ?? '' };
    const seen = await host.run(incidentAck, { ...id, note: 'the sensor is being changed' });
    expect(seen.alerts.every(({ state }) => state === 'acknowledged')).toBe(true);
    expect(seen.history.at(-1)).toMatchObject({ what: 'acknowledged', text: 'the sensor is being changed' });
  });

  it('is resolved by hand, with every alert, and silenced for a time', async () => {
    await settle(finding('drift', ['speed']), finding('performance', []));
    const [{ incident = '' } = {}] = await list();
    const silenced = await host.run(incidentSilence, { incident, for: '2h', reason: 'a known change' });
    expect(Date.parse(silenced.silencedUntil ?? '') - Date.now()).toBeGreaterThan(7_000_000);
    expect((await host.run(incidentSilence, { incident, for: '0s' })).silencedUntil).toBeUndefined();
    const ended = await host.run(incidentResolve, { incident, reason: 'the new sensor is right' });
    expect(ended).toMatchObject({ state: 'resolved', resolution: 'system: the new sensor is right' });
    expect(ended.alerts.every(({ state }) => state === 'resolved')).toBe(true);
    for (const attempt of [
      host.run(incidentResolve, { incident, reason: 'again' }),
      host.run(incidentAck, { incident }),
      host.run(incidentSilence, { incident }),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'TRS_MONITOR_INCIDENT_OVER' });
    await expect(host.run(incidentShow, { incident: 'i-none' })).rejects.toMatchObject({
      code: 'TRS_MONITOR_UNKNOWN_INCIDENT',
    });
  });

  it('follows from checks: shifted traffic and its labels are one', async () => {
    const rows = drawRows(30, 600, true, '2026-06-01').map((row, k) => ({
      ...row,
      damaged: k % 2 === 0 ? ('yes' as const) : ('no' as const),
    }));
    const rates = JSON.parse(new TextDecoder().decode(world.models[0]?.bytes));
    const ids = await sendTraffic(host, rows, { version: 1, rates });
    await host.run(monitorCheck, { deployment: 'strikes' });
    const input = join(project.dir, 'labels.json');
    const labels = ids.map((id, k) => ({ id, label: rows[k]?.damaged }));
    await writeFile(input, JSON.stringify({ labels }));
    await host.run(monitorFeedback, { deployment: 'strikes', input });
    await host.run(monitorCheck, { deployment: 'strikes' });
    const all = await list();
    expect(all).toMatchObject([{ severity: 'critical', kinds: ['drift', 'quality', 'performance'] }]);
    expect(all[0]?.alerts).toHaveLength(4);
    expect(monitorIncidents.verdict?.({ incidents: all })).toBe(false);
  });
});

describe('one cause', () => {
  it.each([
    [
      'the same feature',
      { kind: 'drift', features: ['a', 'b'] },
      { kinds: ['quality'], features: ['b'] },
      true,
    ],
    ['another feature', { kind: 'quality', features: ['a'] }, { kinds: ['quality'], features: ['b'] }, false],
    ['a loss', { kind: 'performance', features: [] }, { kinds: ['quality'], features: ['b'] }, true],
    ['after a loss', { kind: 'drift', features: ['a'] }, { kinds: ['performance'], features: [] }, true],
    ['no rows', { kind: 'stale', features: [] }, { kinds: ['quality'], features: ['b'] }, false],
    ['what a plugin says', { kind: 'tides', features: [] }, { kinds: ['tides'], features: [] }, true],
  ])('%s', (_, alert, incident, expected) => {
    expect(isOfOneCause(alert, incident)).toBe(expected);
  });
});

describe('severity', () => {
  it('grows with what the model uses, and is a warning where that is not known', () => {
    expect(severityOf('drift', [{ name: 'a', importance: 0.6 }])).toBe('critical');
    expect(severityOf('drift', [{ name: 'a', importance: 0.04 }])).toBe('info');
    expect(severityOf('drift', [{ name: 'a', importance: 0.6 }, { name: 'b' }])).toBe('warning');
    expect(severityOf('quality', [{ name: 'a', importance: 0.2 }])).toBe('critical');
    const order = ['info', 'warning', 'critical'];
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: 0, max: 0.25, noNaN: true }), { minLength: 1, maxLength: 4 }),
        (shares) => {
          const features = shares.map((importance, k) => ({ name: `f${k}`, importance }));
          const [less, more] = [features.slice(0, -1), features].map((some) => severityOf('drift', some));
          if (features.length > 1)
            expect(order.indexOf(more ?? '')).toBeGreaterThanOrEqual(order.indexOf(less ?? ''));
        },
      ),
    );
  });
});

describe('a silence', () => {
  it('keeps everybody from being told until it is over, but for the end of what they were told of', async () => {
    const told: Alert[] = [];
    await host.close();
    host = await project.open([...pluginsOf(world), contributeNotifier(told)]);
    await host.start();
    await settle(finding('drift', ['speed']));
    await expect.poll(() => told.map(({ kind }) => kind), SOON).toEqual(['drift']);
    const [{ incident = '' } = {}] = await list();
    await host.run(incidentSilence, { incident, for: '2h' });
    await settle(finding('performance', [], { severity: 'critical' }));
    await settle(good('drift'), good('performance'));
    expect(await host.run(incidentShow, { incident })).toMatchObject({ state: 'resolved' });
    await settle(finding('stale', []));
    await expect.poll(() => told.length, SOON).toBe(3);
    expect(told.map(({ kind, state }) => `${kind} ${state}`).toSorted()).toEqual([
      'drift open',
      'drift resolved',
      'stale open',
    ]);
    await settle(finding('drift', ['speed']));
    await host.run(incidentSilence, { incident, for: '0s' });
    await settle(finding('performance', [], { severity: 'critical' }));
    await expect.poll(() => told.map(({ kind }) => kind), SOON).toContain('performance');
  });
});

describe('requests that are not answered', () => {
  it('are an alert by their share, by code, and over once they are answered', async () => {
    const log = await host.service(bufferedLogToken);
    const model = { name: 'strikes', version: 1 };
    const fail = async (times: number, code: string): Promise<void> => {
      for (let k = 0; k < times; k++) log.fail({ deployment: 'strikes', model, code });
      await log.flush();
    };
    const check = () => host.run(monitorCheck, { deployment: 'strikes' });
    await fail(4, 'TRS_SERVING_TIMEOUT');
    expect((await check()).fired).toEqual([]);
    await fail(2, 'TRS_SERVING_WORKER_LOST');
    expect((await check()).fired).toMatchObject([
      {
        kind: 'serving',
        severity: 'critical',
        summary:
          '6 of 6 requests of the last 15 minutes were not answered (TRS_SERVING_TIMEOUT 4, TRS_SERVING_WORKER_LOST 2).',
      },
    ]);
    await sendTraffic(
      host,
      drawRows(31, 150).map((row) => ({ ...row, time: new Date().toISOString() })),
      { version: 1, rates: {} },
    );
    expect((await check()).resolved).toMatchObject([{ kind: 'serving' }]);
  });
});
