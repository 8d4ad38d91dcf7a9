import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { type Alert, alertSchema } from '@trestle/contracts';
import { type Host, journalToken } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { firstChampion } from '../first-champion.test.setup.ts';
import { newWorld, pluginsOf, type World } from '../neighbours.test.setup.ts';
import { monitorAlerts } from '../operations/alerts.ts';
import { monitorCheck } from '../operations/check.ts';
import { incidentSilence } from '../operations/incidents.ts';
import type { MonitoringTables } from '../tables.ts';
import { settleFindings } from './alert-records.ts';
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
const open = async (): Promise<Host> => {
  const opened = await project.open(pluginsOf(world), {
    env: {
      TRESTLE_STORE__RESERVE_BYTES: '0',
      TRESTLE_MONITORING__WEBHOOKS: JSON.stringify([
        { name: 'ops', url: `${url}/ops`, secret },
        { name: 'pages', url: `${url}/pages`, format: 'alertmanager', severity: 'critical' },
      ]),
    },
  });
  await opened.start();
  return opened;
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
  vi.useRealTimers();
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
const at = (path: string): Got[] => got.filter((one) => one.path === path);
/** Lets what waits for its next attempt be tried at once. */
const hurry = async (since?: string) => {
  const metadata = await host.service(metadataToken);
  await metadata.change<MonitoringTables, void>(host.context(monitorCheck), async ({ db }) => {
    await db
      .updateTable('monitoring_deliveries')
      .set({ next_at: '2000-01-01T00:00:00.000Z', ...(since ? { time: since } : {}) })
      .execute();
  });
};

describe('a webhook', () => {
  it('is told of an alert and of its end, signed, by what it is to be told of', async () => {
    await settle(finding('drift', 'bad'));
    await settle(finding('performance', 'bad', 'critical'));
    await settle(finding('drift', 'good'));
    await expect.poll(() => at('/ops').length).toBe(3);
    await expect.poll(() => at('/pages').length).toBe(1);
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
    expect((await alerts()).undelivered).toEqual([]);
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
    'that %s is told later, in order, also by another process, and keeps no other waiting',
    async (_, fails, error) => {
      answer = (response, { path }) => (path === '/ops' ? fails(response) : response.writeHead(200).end());
      await settle(finding('drift', 'bad', 'critical'));
      await settle(finding('stale', 'bad', 'critical'));
      await expect.poll(() => at('/pages').length).toBe(2);
      await expect.poll(async () => (await alerts()).undelivered).toHaveLength(1);
      const [{ undelivered }] = [await alerts()];
      expect(undelivered[0]).toMatchObject({ channel: 'webhook:ops', state: 'fired', attempts: 1 });
      expect(undelivered[0]?.error).toContain(error);
      // What comes behind waits for it.
      expect(at('/ops')).toHaveLength(1);
      await host.close();
      answer = (response) => response.writeHead(200).end();
      host = await open();
      await hurry();
      await expect.poll(() => at('/ops').length, { timeout: 10_000 }).toBe(3);
      expect(at('/ops').map(({ body }) => JSON.parse(body).data.kind)).toEqual(['drift', 'drift', 'stale']);
      expect(
        new Set(
          at('/ops')
            .slice(0, 2)
            .map(({ headers }) => headers['webhook-id']),
        ).size,
      ).toBe(1);
      expect(at('/other')).toEqual([]);
      expect((await alerts()).undelivered).toEqual([]);
    },
  );

  it('that answers without end is told all the same: its status is all that counts', async () => {
    answer = (response) => {
      response.writeHead(200);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        if (!response.destroyed) response.once('drain', pour);
      };
      pour();
    };
    await settle(finding('drift', 'bad'));
    await settle(finding('stale', 'bad'));
    await expect.poll(() => at('/ops').length).toBe(2);
    expect((await alerts()).undelivered).toEqual([]);
  });

  it('that fails for a day is given up, which is shown and recorded, and those behind go on', async () => {
    answer = (response, { body }) => response.writeHead(body.includes('"drift"') ? 500 : 200).end();
    await settle(finding('drift', 'bad'));
    await settle(finding('stale', 'bad'));
    await expect.poll(async () => (await alerts()).undelivered).toHaveLength(1);
    await hurry(new Date(Date.now() - 25 * 3_600_000).toISOString());
    await expect
      .poll(() => at('/ops').some(({ body }) => body.includes('"stale"')), { timeout: 10_000 })
      .toBe(true);
    const { undelivered } = await alerts();
    expect(undelivered).toMatchObject([{ channel: 'webhook:ops', attempts: 2, error: 'it answered 500' }]);
    expect(undelivered[0]?.givenUpAt).toBeDefined();
    const events = await (await host.service(journalToken)).read({ types: ['notification.lost'] });
    expect(events).toMatchObject([{ payload: { channel: 'webhook:ops', attempts: 2 } }]);
  });

  it('is not told later of what was silenced since', async () => {
    answer = (response) => response.writeHead(500).end();
    await settle(finding('drift', 'bad'));
    await expect.poll(async () => (await alerts()).undelivered).toHaveLength(1);
    const {
      alerts: [alert],
    } = await alerts();
    await host.run(incidentSilence, { incident: alert?.incident ?? '', for: '1h' });
    const before = got.length;
    await hurry();
    await expect.poll(async () => (await alerts()).undelivered, { timeout: 10_000 }).toEqual([]);
    await wait(50);
    expect(got).toHaveLength(before);
  });
});

describe('what a receiver reads', () => {
  const alert = alertSchema.parse({
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
