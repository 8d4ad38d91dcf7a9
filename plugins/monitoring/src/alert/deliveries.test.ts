import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Alert, alertSchema } from '@trestle/contracts';
import { type Context, type Host, journalToken } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstChampion } from '../first-champion.test.setup.ts';
import { newWorld, pluginsOf, type World } from '../neighbours.test.setup.ts';
import { monitorAcknowledge, monitorAlerts } from '../operations/alerts.ts';
import { monitorCheck } from '../operations/check.ts';
import { incidentAck, incidentShow, incidentSilence } from '../operations/incidents.ts';
import type { MonitoringTables } from '../tables.ts';
import { settleFindings } from './alert-records.ts';
import { listDeliveries, queueDeliveries } from './deliveries.ts';
import { bodyOf } from './webhook-bodies.ts';

interface Got {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

let server: Server;
let url: string;
let got: Got[];
let answer: (response: ServerResponse, request: Got) => void;
let project: TemporaryProject;
let world: World;
let host: Host;

const secret = `whsec_${Buffer.from('a key of some length').toString('base64')}`;
const open = async (delivery: object = {}): Promise<Host> => {
  const opened = await project.open(pluginsOf(world), {
    env: {
      TRESTLE_STORE__RESERVE_BYTES: '0',
      TRESTLE_MONITORING__DELIVERY: JSON.stringify(delivery),
      TRESTLE_MONITORING__WEBHOOKS: JSON.stringify([
        { name: 'ops', url: `${url}/ops`, secret },
        { name: 'pages', url: `${url}/pages`, format: 'alertmanager', severity: 'critical' },
      ]),
    },
  });
  await opened.start();
  return opened;
};
const reopen = async (delivery: object): Promise<void> => {
  await host.close();
  host = await open(delivery);
};

beforeEach(async () => {
  got = [];
  answer = (response) => response.writeHead(204).end();
  server = createServer(async (request, response) => {
    const one = { path: request.url ?? '', headers: request.headers, body: await text(request) };
    got.push(one);
    answer(response, one);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  project = await temporaryProject();
  world = newWorld();
  await firstChampion(world);
  host = await open();
});
afterEach(async () => {
  await project.remove();
  server.closeAllConnections();
  server.close();
});

const watched = { deployment: 'strikes', revision: 1, model: { name: 'strikes', version: 1 } };
const finding = (kind: string, verdict: 'bad' | 'good', severity: Alert['severity'] = 'warning') => ({
  ...{ kind, verdict, severity, summary: `${kind} is ${verdict}.`, features: [], details: {} },
});
const settle = async (...findings: readonly ReturnType<typeof finding>[]) =>
  await settleFindings(await host.service(metadataToken), host.context(monitorCheck), watched, findings);
const alerts = async () => await host.run(monitorAlerts, { deployment: 'strikes' });
/** What is not told yet, and what of it was tried. */
const waiting = async () => (await alerts()).deliveries.filter(({ state }) => state === 'waiting');
const failing = async () =>
  (await waiting()).filter(({ attempts, error }) => attempts > 0 && error !== UNDER_WAY);
const UNDER_WAY = 'there is no answer yet';
const SOON = { timeout: 10_000 };
const at = (path: string): Got[] => got.filter((one) => one.path === path);
const kinds = (path: string): string[] => at(path).map(({ body }) => JSON.parse(body).data.kind);
const types = (path: string): string[] => at(path).map(({ body }) => JSON.parse(body).type);
const incident = async (): Promise<string> => (await alerts()).alerts[0]?.incident ?? '';
const ofOps = async () =>
  (await alerts()).deliveries
    .filter(({ channel }) => channel === 'webhook:ops')
    .map(({ says, state }) => `${says}: ${state}`);
/** Lets what waits for its next attempt be tried at once. */
const hurry = async () => {
  const metadata = await host.service(metadataToken);
  await metadata.change<MonitoringTables, void>(host.context(monitorCheck), async ({ db }) => {
    await db.updateTable('monitoring_deliveries').set({ next_at: '2000-01-01T00:00:00.000Z' }).execute();
  });
};

const ALERT = alertSchema.parse({
  ...{
    alert: 'a-1',
    deployment: 'strikes',
    kind: 'drift',
    severity: 'critical',
    state: 'open',
    features: ['speed'],
  },
  ...{
    model: { name: 'strikes', version: 2 },
    summary: 'Speed moved.',
    openedAt: '2026-03-01T10:00:00.000Z',
  },
});

describe('a webhook', () => {
  it('is told of an alert and of its end, signed, by what it is to be told of', async () => {
    await settle(finding('drift', 'bad'));
    await settle(finding('performance', 'bad', 'critical'));
    await settle(finding('drift', 'good'));
    await expect.poll(() => at('/ops').length, SOON).toBe(3);
    await expect.poll(() => at('/pages').length, SOON).toBe(1);
    const [fired, , resolved] = at('/ops');
    expect(JSON.parse(fired?.body ?? '')).toMatchObject({
      type: 'alert.fired',
      data: { kind: 'drift', state: 'open' },
    });
    expect(JSON.parse(resolved?.body ?? '')).toMatchObject({
      type: 'alert.resolved',
      data: { kind: 'drift' },
    });
    const id = String(fired?.headers['webhook-id']);
    expect(id).toMatch(/^a-[0-9a-f]{16}\.fired$/);
    const signature = createHmac('sha256', 'a key of some length')
      .update(`${id}.${fired?.headers['webhook-timestamp']}.${fired?.body}`)
      .digest('base64');
    expect(fired?.headers['webhook-signature']).toBe(`v1,${signature}`);
    expect(JSON.parse(at('/pages')[0]?.body ?? '')).toMatchObject([
      { labels: { alertname: 'trestle_performance', severity: 'critical', deployment: 'strikes' } },
    ]);
    expect(await waiting()).toEqual([]);
  });

  it.each([
    ['is down for a while', (response: ServerResponse) => response.writeHead(503).end(), 'it answered 503'],
    [
      'leads elsewhere',
      (response: ServerResponse) => response.writeHead(307, { location: `${url}/other` }).end(),
      'it answered 307, which leads elsewhere and is not followed',
    ],
    ['breaks off', (response: ServerResponse) => response.destroy(), 'it could not be reached'],
  ])(
    'that %s is told later, in order for an incident, also by another process, and keeps no other waiting',
    async (_, fails, error) => {
      answer = (response, { path }) => (path === '/ops' ? fails(response) : response.writeHead(200).end());
      await settle(finding('drift', 'bad', 'critical'));
      await settle(finding('performance', 'bad', 'critical'));
      await expect.poll(() => at('/pages').length, SOON).toBe(2);
      await expect.poll(failing, SOON).toHaveLength(1);
      const [first] = await failing();
      expect(first).toMatchObject({ channel: 'webhook:ops', says: 'fired', state: 'waiting', attempts: 1 });
      expect(first?.error).toContain(error);
      // What comes behind waits for it.
      expect(at('/ops')).toHaveLength(1);
      // What is of another incident does not.
      await settle(finding('stale', 'bad', 'critical'));
      await expect.poll(() => kinds('/ops'), SOON).toEqual(['drift', 'stale']);
      await host.close();
      answer = (response) => response.writeHead(200).end();
      got = [];
      host = await open();
      await hurry();
      await expect.poll(() => at('/ops').length, SOON).toBe(3);
      expect(kinds('/ops').filter((kind) => kind !== 'stale')).toEqual(['drift', 'performance']);
      expect(at('/other')).toEqual([]);
      await expect.poll(waiting, SOON).toEqual([]);
    },
  );

  it('is called by the same id whenever it is tried', async () => {
    answer = (response) => response.writeHead(got.length === 1 ? 500 : 200).end();
    await settle(finding('drift', 'bad'));
    await expect.poll(failing, SOON).toHaveLength(1);
    await hurry();
    await expect.poll(() => at('/ops').length, SOON).toBe(2);
    expect(new Set(at('/ops').map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  });

  it('that answers without end is told all the same: its status is all that counts', async () => {
    let poured = 0;
    answer = (response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) poured += 65_536;
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    };
    await settle(finding('drift', 'bad'));
    await settle(finding('stale', 'bad'));
    await expect.poll(() => at('/ops').length, SOON).toBe(2);
    await expect.poll(waiting, SOON).toEqual([]);
    expect(poured).toBeLessThan(64 * 2 ** 20);
  });

  it('that never answers is tried again after its time, and others are told meanwhile', async () => {
    await reopen({ timeout: '2s' });
    answer = (response, { path }) => (path === '/ops' ? undefined : response.writeHead(200).end());
    await settle(finding('drift', 'bad', 'critical'));
    await expect.poll(() => at('/ops').length, SOON).toBe(1);
    await settle(finding('stale', 'bad', 'critical'));
    await expect.poll(() => at('/pages').length, SOON).toBe(2);
    expect(await failing()).toEqual([]);
    await expect.poll(failing, SOON).toMatchObject([{ error: 'it did not answer within 2 s' }, {}]);
  });

  it('that fails for too long is given up, which is shown and recorded, and those behind go on', async () => {
    await reopen({ giveUpAfter: '1s', firstRetry: '10ms', lastRetry: '10ms' });
    answer = (response, { body }) => response.writeHead(body.includes('"drift"') ? 500 : 200).end();
    await settle(finding('drift', 'bad'));
    await settle(finding('performance', 'bad'));
    await expect.poll(() => kinds('/ops').includes('performance'), SOON).toBe(true);
    const lost = (await alerts()).deliveries.filter(({ state }) => state === 'given-up');
    expect(lost).toMatchObject([{ channel: 'webhook:ops', says: 'fired', error: 'it answered 500' }]);
    expect(lost[0]?.attempts).toBe(kinds('/ops').filter((kind) => kind === 'drift').length);
    expect(lost[0]?.attempts).toBeGreaterThanOrEqual(3);
    expect(lost[0]?.endedAt).toBeDefined();
    const events = await (await host.service(journalToken)).read({ types: ['notification.lost'] });
    expect(events).toMatchObject([{ payload: { channel: 'webhook:ops', attempts: lost[0]?.attempts } }]);
    const { history } = await host.run(incidentShow, { incident: await incident() });
    expect(history.map(({ what }) => what)).toContain('not-told');
  });

  it('is told of an alert that became as bad as it is to be told of, once', async () => {
    await settle(finding('drift', 'bad'));
    await expect.poll(() => at('/ops').length, SOON).toBe(1);
    await settle(finding('drift', 'bad', 'critical'));
    await expect.poll(() => at('/pages').length, SOON).toBe(1);
    await settle(finding('drift', 'good', 'critical'));
    await expect.poll(() => at('/pages').length, SOON).toBe(2);
    expect(types('/ops')).toEqual(['alert.fired', 'alert.resolved']);
  });
});

describe('what became moot', () => {
  it.each([
    ['silenced', async () => await host.run(incidentSilence, { incident: await incident(), for: '1h' })],
    ['acknowledged', async () => await host.run(incidentAck, { incident: await incident() })],
    [
      'acknowledged, alone',
      async () => await host.run(monitorAcknowledge, { alert: (await alerts()).alerts[0]?.alert ?? '' }),
    ],
  ])('is not told later: %s. Its end is, to whom it was tried to be told', async (_, act) => {
    answer = (response) => response.writeHead(500).end();
    await settle(finding('drift', 'bad'));
    await expect.poll(failing, SOON).toHaveLength(1);
    await act();
    answer = (response) => response.writeHead(200).end();
    await hurry();
    await expect.poll(ofOps, SOON).toEqual(['fired: moot']);
    expect(types('/ops')).toEqual(['alert.fired']);
    await settle(finding('drift', 'good'));
    await expect.poll(ofOps, SOON).toEqual(['fired: moot', 'resolved: told']);
    expect(types('/ops')).toEqual(['alert.fired', 'alert.resolved']);
  });

  it('is told neither of its beginning nor of its end where a silence was there first', async () => {
    await settle(finding('drift', 'bad'));
    await expect.poll(ofOps, SOON).toEqual(['fired: told']);
    await host.run(incidentSilence, { incident: await incident(), for: '1h' });
    await settle(finding('performance', 'bad', 'critical'));
    await settle(finding('performance', 'good', 'critical'), finding('drift', 'good'));
    await expect
      .poll(async () => (await ofOps()).toSorted(), SOON)
      .toEqual(['fired: moot', 'fired: told', 'resolved: moot', 'resolved: told']);
    expect(kinds('/ops')).toEqual(['drift', 'drift']);
    expect(at('/pages')).toEqual([]);
  });
});

describe('who is to be told', () => {
  it('is noted as soon as the store takes it, however often it does not', async () => {
    const metadata = await host.service(metadataToken);
    const ctx = host.context(monitorCheck);
    let failures = 0;
    const flaky = {
      signal: ctx.signal,
      ...{ principal: ctx.principal, requestId: ctx.requestId, operation: ctx.operation },
      ...{ log: ctx.log, config: ctx.config, extensions: ctx.extensions },
      service: async () => {
        failures += 1;
        if (failures < 4) throw new Error('the disk is full');
        return metadata;
      },
    } as unknown as Context;
    const alert = { ...ALERT, alert: 'a-flaky' };
    const event = { seq: 9_000_000, type: 'alert.fired', time: new Date().toISOString(), payload: alert };
    await queueDeliveries(flaky, event);
    await expect.poll(() => at('/ops').length, SOON).toBe(1);
    // The same event again is the same delivery.
    await queueDeliveries(ctx, event);
    expect(await listDeliveries(metadata, ['a-flaky'])).toHaveLength(3);
  });
});

describe('what a receiver reads', () => {
  const alert = ALERT;
  const over = {
    ...alert,
    state: 'resolved' as const,
    resolvedAt: '2026-03-01T12:00:00.000Z',
    resolution: 'It is back.',
  };

  it.each([
    [
      'slack',
      { text: '*critical: drift of strikes*\nSpeed moved.' },
      { text: '*Resolved: drift of strikes*\nIt is back.' },
    ],
    [
      'alertmanager',
      [{ startsAt: alert.openedAt, annotations: { summary: 'Speed moved.' } }],
      [{ startsAt: alert.openedAt, endsAt: over.resolvedAt, annotations: { resolution: 'It is back.' } }],
    ],
    [
      'pagerduty',
      {
        routing_key: 'R',
        event_action: 'trigger',
        dedup_key: 'a-1',
        payload: { severity: 'critical', source: 'strikes' },
      },
      { routing_key: 'R', event_action: 'resolve', dedup_key: 'a-1' },
    ],
  ] as const)('of %s says how it began, and how it ended', (format, fired, resolved) => {
    expect(bodyOf({ format, secret: 'R' }, alert)).toMatchObject(fired);
    expect(bodyOf({ format, secret: 'R' }, over)).toMatchObject(resolved);
  });

  it('of teams is an adaptive card with the facts', () => {
    const card = JSON.stringify(bodyOf({ format: 'teams', secret: undefined }, alert));
    for (const part of ['AdaptiveCard', 'critical: drift of strikes', 'Speed moved.', 'strikes@2', 'a-1'])
      expect(card).toContain(part);
  });
});
