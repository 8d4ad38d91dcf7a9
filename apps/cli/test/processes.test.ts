import { execFile } from 'node:child_process';
import { Agent, request } from 'node:http';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { labelled, makeProject, type Project, runAll, start } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const CALLERS = 6;
const CONFIG = '{"server": {"rateLimit": {"max": 1000000}}}';

let project: Project;
let url: string;
let server: ReturnType<typeof start>;

beforeAll(async () => {
  project = await makeProject(CONFIG);
  await project.write('rows.csv', labelled(200));
  const train = ['train', '--data', 'rows', '--target', 'label', '--exclude', 'day', '--estimator', 'linear'];
  const lines = [
    ['data', 'add', 'rows.csv', '--name', 'rows'],
    [...train, '--register', 'm'],
    [...train, '--seed', '7', '--register', 'm'],
    ['deploy', 'm@1', '--name', 'd'],
  ];
  const ends = await runAll(lines.map((args) => ({ args, cwd: project.dir })));
  expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  server = start(['serve', '--port', '0', '--processes', '2'], { cwd: project.dir });
  [, url = ''] = await server.says(/(http:\/\/127\.0\.0\.1:\d+)/);
});
afterAll(async () => {
  server.child.kill('SIGKILL');
  await project.remove();
});

interface Answer {
  /** `lost` where there was none. */
  readonly status: number | 'lost';
  readonly version?: number;
}

const predict = (agent?: Agent): Promise<Answer> =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request(`${url}/v1/predict/d`, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', () => resolve({ status: 'lost' }));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, version: JSON.parse(text).model?.version }),
      );
    });
    asked.on('error', () => resolve({ status: 'lost' }));
    asked.end('{"rows": [{"x": 0.5, "group": "a"}]}');
  });

/** Asks over kept connections while something goes on. @returns what came, by its status */
async function asking(work: () => Promise<void>): Promise<ReadonlyMap<Answer['status'], number>> {
  const came = new Map<Answer['status'], number>();
  let isOver = false;
  const callers = Array.from({ length: CALLERS }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      const { status } = await predict(agent);
      came.set(status, (came.get(status) ?? 0) + 1);
    }
    agent.destroy();
  });
  await vi.waitUntil(() => came.size > 0);
  await work().finally(() => {
    isOver = true;
  });
  await Promise.all(callers);
  return came;
}

/** The processes that answer. */
async function processes(): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'pid=', '--ppid', String(server.child.pid)]);
  return stdout.trim().split(/\s+/).map(Number);
}

/** How often a deployment answered, as Prometheus sees it. */
async function counted(): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const samples = text.matchAll(/^trestle_inference_requests_total\{.*outcome="answered"\} (\d+)$/gm);
  return [...samples].reduce((sum, [, count]) => sum + Number(count), 0);
}

const said = async (text: RegExp): Promise<void> => {
  let stderr = '';
  server.child.stderr?.on('data', (piece: string) => {
    stderr += piece;
  });
  await vi.waitUntil(() => text.test(stderr), { timeout: 120_000, interval: 100 });
};

describe('a server of several processes', () => {
  let answered = 0;
  let survivor = 0;

  it('answers with another version in all of them, once it is deployed', async () => {
    const each = (): Promise<Answer[]> => Promise.all(Array.from({ length: 4 }, () => predict()));
    expect(await each()).toEqual(Array(4).fill({ status: 200, version: 1 }));
    await project.json('deploy', 'm@2', '--name', 'd');
    expect(await each()).toEqual(Array(4).fill({ status: 200, version: 2 }));
    answered += 8;
  });

  it('replaces them one after the other on SIGHUP, and no request is lost', async () => {
    const before = await processes();
    expect(before.length).toBe(2);
    const came = await asking(async () => {
      const renewed = said(/all processes of the server are new/);
      server.child.kill('SIGHUP');
      await renewed;
    });
    expect([...came.keys()]).toEqual([200]);
    answered += came.get(200) ?? 0;
    const after = await processes();
    expect(after.length).toBe(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
  });

  it('says what all of them have counted, those that are gone among them', async () => {
    expect(await counted()).toBe(answered);
  });

  it('loses what one was answering that is killed, and has another in its place', async () => {
    const [killed = 0, other = 0] = await processes();
    const came = await asking(async () => {
      process.kill(killed, 'SIGKILL');
      await said(/is ready in its place/);
      expect((await processes()).length).toBe(2);
    });
    expect([...came.keys()].filter((status) => status !== 200 && status !== 'lost')).toEqual([]);
    expect(came.get('lost') ?? 0).toBeLessThanOrEqual(CALLERS);
    survivor = other;
    expect(await processes()).toContain(survivor);
  });

  it('passes a connection on that one had been handed which ended before it took it', async () => {
    const [stopped = 0, other = 0] = await processes();
    process.kill(stopped, 'SIGSTOP');
    // Connections go to each in turn: of four, the stopped one has been handed two.
    const asked = Promise.all(Array.from({ length: 4 }, () => predict()));
    await wait(500);
    const replaced = said(/is ready in its place/);
    process.kill(stopped, 'SIGKILL');
    expect((await asked).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await replaced;
    survivor = other;
  });

  it('keeps those that are there where a new configuration is refused', async () => {
    const refused = said(/those that are there stay/);
    await project.write('trestle.config.json', '{"server": {"drainTimeoutMs": "soon"}}');
    await refused;
    expect(await processes()).toContain(survivor);
    expect(await predict()).toMatchObject({ status: 200 });
    const renewed = said(/all processes of the server are new/);
    await project.write('trestle.config.json', CONFIG);
    await renewed;
  });

  it('closes a connection that none can take, and is there again', async () => {
    const all = await processes();
    for (const pid of all) process.kill(pid, 'SIGSTOP');
    const asked = Promise.all(Array.from({ length: 4 }, () => predict()));
    await wait(500);
    const replaced = said(/is ready in its place/);
    for (const pid of all) process.kill(pid, 'SIGKILL');
    expect((await asked).map(({ status }) => status)).toEqual(Array(4).fill('lost'));
    await replaced;
  });

  it('drains all on SIGTERM', async () => {
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });
});

describe('a process for jobs', () => {
  it('ends where its server has ended before it could begin', async () => {
    expect(await project.run('worker', '--holder', 'of-a-server')).toMatchObject({ code: 0, stderr: '' });
  });
});
