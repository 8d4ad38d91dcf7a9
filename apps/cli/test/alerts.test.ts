import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeProject, type Project, start } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const CHANNELS = ['down', 'failing', 'pouring', 'leading', 'silent'] as const;
/** What it would say, were it heard. */
const TEN_GB = 10 * 2 ** 30;
const MAX_HEARD = 64 * 2 ** 20;

interface Receiver {
  readonly url: string;
  /** What it was told. */
  readonly told: { readonly id: string; readonly type: string }[];
  answer: (response: ServerResponse) => void;
  listen(): Promise<void>;
  close(): void;
}

async function receiver(): Promise<Receiver> {
  const server: Server = createServer(async (request, response) => {
    const { type } = JSON.parse(await text(request));
    made.told.push({ id: String(request.headers['webhook-id']), type });
    made.answer(response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const made: Receiver = {
    url: `http://127.0.0.1:${port}/alerts`,
    told: [],
    answer: (response) => response.writeHead(204).end(),
    async listen() {
      await once(server.listen(port, '127.0.0.1'), 'listening');
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return made;
}

let project: Project;
let receivers: Record<(typeof CHANNELS)[number], Receiver>;
let elsewhere: Receiver;
let server: ReturnType<typeof start> | undefined;
let poured = 0;

/** Kills the server and what it started, at once: nothing is tidied up. */
async function killAll(): Promise<void> {
  if (!server) return;
  const { stdout } = await promisify(execFile)('ps', [
    '-o',
    'pid=',
    '--ppid',
    String(server.child.pid),
  ]).catch(() => ({ stdout: '' }));
  server.child.kill('SIGKILL');
  for (const pid of stdout.trim().split(/\s+/).filter(Boolean).map(Number))
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  await server.ended;
}

const serve = async (): Promise<void> => {
  server = start(['serve', '--port', '0'], { cwd: project.dir });
  await server.says(/(http:\/\/127\.0\.0\.1:\d+)/);
};

beforeAll(async () => {
  const made = await Promise.all(CHANNELS.map(async (name) => [name, await receiver()] as const));
  receivers = Object.fromEntries(made) as typeof receivers;
  elsewhere = await receiver();
  receivers.down.close();
  receivers.failing.answer = (response) => response.writeHead(500).end();
  receivers.leading.answer = (response) => response.writeHead(307, { location: elsewhere.url }).end();
  receivers.silent.answer = () => {};
  receivers.pouring.answer = (response) => {
    const piece = Buffer.alloc(2 ** 16);
    response.writeHead(200, { 'content-length': String(TEN_GB) });
    const pour = (): void => {
      while (!response.destroyed && response.write(piece)) poured += piece.length;
      if (!response.destroyed) response.once('drain', pour);
    };
    pour();
  };
  project = await makeProject(
    JSON.stringify({
      monitoring: {
        monitors: { prices: { task: 'regression', reference: 'flats@1', target: 'price' } },
        webhooks: CHANNELS.map((name) => ({ name, url: receivers[name].url })),
        delivery: { timeout: '3s', firstRetry: '500ms', lastRetry: '2s' },
      },
    }),
  );
  const flats = Array.from({ length: 400 }, (_, i) => 40 + ((i * 37) % 80));
  await project.write('flats.csv', `size,price\n${flats.map((size) => `${size},${size * 12}`).join('\n')}\n`);
  const rows = flats.map((size, i) => ({ id: `p${i}`, features: { size: 300 + size }, prediction: 4_000 }));
  await project.write('predictions.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'));
  expect((await project.run('data', 'add', 'flats.csv', '--name', 'flats')).code).toBe(0);
  expect((await project.run('monitor', 'ingest', 'prices', 'predictions.jsonl')).code).toBe(0);
});
afterAll(async () => {
  await killAll();
  for (const each of [...Object.values(receivers), elsewhere]) each.close();
  await project.remove();
});

/** What became of the deliveries of each channel. */
async function deliveries(): Promise<Record<string, string>> {
  const { deliveries: all } = await project.json('monitor', 'alerts', 'prices');
  const states = new Map<string, Set<string>>();
  for (const { channel, state } of all) states.set(channel, (states.get(channel) ?? new Set()).add(state));
  return Object.fromEntries([...states].map(([channel, of]) => [channel, [...of].join(', ')]));
}
/** What a receiver was told, without what it was told again. */
const heard = ({ told }: Receiver): string[] => [...new Set(told.map(({ id }) => id))];
const until = (what: () => unknown) => vi.waitUntil(what, { timeout: 60_000, interval: 100 });

describe('an alert', () => {
  it('reaches who was down, failed, led elsewhere or never answered, also after the server was killed', async () => {
    await serve();
    await project.run('monitor', 'check', 'prices');
    const { failing, pouring, leading, silent, down } = receivers;
    await until(() => [failing, pouring, leading, silent].every(({ told }) => told.length > 0));
    await until(async () => (await deliveries())['webhook:pouring'] === 'told');
    expect(await deliveries()).toEqual({
      log: 'told',
      'webhook:down': 'waiting',
      'webhook:failing': 'waiting',
      'webhook:pouring': 'told',
      'webhook:leading': 'waiting',
      'webhook:silent': 'waiting',
    });
    await killAll();
    const before = pouring.told.length;
    const accepting = (response: ServerResponse): void => {
      response.writeHead(204).end();
    };
    for (const each of [failing, leading, silent]) each.answer = accepting;
    await down.listen();
    await serve();
    await until(async () => Object.values(await deliveries()).every((state) => state === 'told'));
    // All of them in the order in which they fired.
    const { alerts } = await project.json('monitor', 'alerts', 'prices');
    const fired = heard(down);
    expect(fired.toSorted()).toEqual(
      alerts.map(({ alert }: { alert: string }) => `${alert}.fired`).toSorted(),
    );
    for (const each of Object.values(receivers)) expect(heard(each)).toEqual(fired);
    expect(down.told).toHaveLength(fired.length);
    // Told before it was killed, and not again.
    expect(pouring.told).toHaveLength(before);
    expect(elsewhere.told).toEqual([]);
    expect(poured).toBeLessThan(MAX_HEARD);
  });

  it('is told of its end by a server that was started later', async () => {
    await killAll();
    const { incidents } = await project.json('monitor', 'incidents', 'prices');
    const { incident } = incidents[0];
    expect(
      (await project.run('incident', 'resolve', incident, '--reason', 'the flats are larger')).code,
    ).toBe(0);
    const fired = receivers.down.told.length;
    await serve();
    await until(() => receivers.down.told.length === 2 * fired);
    expect(new Set(receivers.down.told.slice(fired).map(({ type }) => type))).toEqual(
      new Set(['alert.resolved']),
    );
    const shown = await project.run('monitor', 'alerts', 'prices');
    expect(shown.stdout).toContain('webhook:down');
  });
});
