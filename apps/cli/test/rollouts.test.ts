import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { hangingModel, tinyModel } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Document, makeProject, type Project, start } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let project: Project;
let url: string;
let server: ReturnType<typeof start>;
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

const serve = async (): Promise<void> => {
  server = start(['serve', '--port', '0'], { cwd: project.dir });
  [, url = ''] = await server.says(/(http:\/\/127\.0\.0\.1:\d+)/);
};

beforeAll(async () => {
  // One thread for models: whoever takes it from the others is seen at once.
  project = await makeProject('{"serving": {"workers": 1}}');
  const models = {
    first: tinyModel(1, { isImputed: true }),
    alike: tinyModel(1.0001, { isImputed: true }),
    choosy: tinyModel(1.0002),
    plain: hangingModel(false),
    hanging: hangingModel(true),
  };
  for (const [name, bytes] of Object.entries(models)) {
    await project.write(`${name}.onnx`, bytes);
    const registered = await project.run('model', 'register', `${name}.onnx`, '--name', name);
    expect([name, registered.code, registered.stderr]).toEqual([name, 0, registered.stderr]);
  }
  await serve();
});
afterAll(async () => {
  agent.destroy();
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
  await project.remove();
});

/** POST over a kept connection. A connection that breaks is `lost`. */
const post = (path: string, body: unknown): Promise<{ status: number | 'lost'; body: Document }> =>
  new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' };
    const asked = request(url + path, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: JSON.parse(text),
        }),
      );
    });
    asked.on('error', (thrown) => resolve({ status: 'lost', body: String(thrown) }));
    asked.end(JSON.stringify(body));
  });

const operate = async (operation: string, input: object): Promise<Document> => {
  const { status, body } = await post(`/api/v1/${operation}`, input);
  expect([operation, status, status === 200 ? '' : body]).toEqual([operation, 200, '']);
  return body;
};
const show = async (deployment: string): Promise<Document> => {
  const answer = await fetch(`${url}/api/v1/deployment/show?deployment=${deployment}`);
  return await answer.json();
};
const ask = (deployment: string, x: number | null) => post(`/v1/predict/${deployment}`, { rows: [{ x }] });

/** Traffic from eight kept connections until it is told to stop. */
function traffic(deployment: string, row: () => number | null) {
  const seen = new Map<string, number>();
  let isOver = false;
  const caller = async (): Promise<void> => {
    while (!isOver) {
      const { status, body } = await ask(deployment, row());
      const what = status === 200 ? body.model.name : String(status);
      seen.set(what, (seen.get(what) ?? 0) + 1);
      await wait(4);
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  return {
    seen,
    async stop() {
      isOver = true;
      await Promise.all(callers);
      return seen;
    },
  };
}

const untilOver = async (deployment: string): Promise<Document> => {
  for (;;) {
    const shown = await show(deployment);
    if (shown.latest.finishedAt !== undefined) return shown;
    await wait(100);
  }
};

describe('a rollout on a server', () => {
  it('rolls a worse version back by itself; from then on the champion answers everything', async () => {
    await operate('deploy', { model: 'first', name: 'd' });
    const load = traffic('d', () => (Math.random() < 0.3 ? null : 1));
    await operate('deploy', { model: 'choosy', name: 'd', strategy: 'canary', steps: ['10', '50'] });
    const { latest, model } = await untilOver('d');
    expect(latest).toMatchObject({ state: 'rolled-back', strategy: 'canary' });
    expect(latest.history.at(-1)).toMatchObject({ actor: 'system', kind: 'rolled-back' });
    expect(latest.history.at(-1).reasons[1]).toMatch(/^errors: 0 % .* of the challenger; \+/);
    expect(model.name).toBe('first');
    const before = load.seen.get('choosy');
    await wait(500);
    expect(load.seen.get('choosy')).toBe(before);
    const seen = await load.stop();
    expect([...seen.keys()].toSorted()).toEqual(['422', 'choosy', 'first']);
  });

  it('promotes a version that is no worse by itself, and loses no request', async () => {
    const load = traffic('d', () => Math.random() * 4 - 2);
    const options = { minRequests: 50, tolerances: { errors: 0.05, latency: 0.5, scores: 0.5 } };
    await operate('deploy', { model: 'alike', name: 'd', strategy: 'canary', steps: ['20', '50'], options });
    const { latest, model } = await untilOver('d');
    expect([latest.state, latest.history.at(-1).reasons]).toEqual(['promoted', expect.any(Array)]);
    expect(latest.history.map(({ kind }: Document) => kind)).toEqual(['started', 'advanced', 'promoted']);
    expect(model.name).toBe('alike');
    const seen = await load.stop();
    expect([...seen.keys()].toSorted()).toEqual(['alike', 'first']);
  });

  it('keeps what was seen when the server is killed, and goes on with it', async () => {
    await operate('deploy', { model: 'first', name: 'd', strategy: 'ab', traffic: 50 });
    const load = traffic('d', () => 1);
    const seenBy = async (): Promise<number> => {
      const { measures } = (await show('d')).latest.verdict;
      return measures.length === 0 ? 0 : measures[0].challenger.of + measures[0].champion.of;
    };
    await vi.waitUntil(async () => (await seenBy()) >= 300, { timeout: 60_000, interval: 200 });
    const kept = await seenBy();
    server.child.kill('SIGKILL');
    await load.stop();
    await server.ended;
    await serve();
    expect(await seenBy()).toBeGreaterThanOrEqual(kept);
    // It counts again once it has made the challenger ready.
    const later = traffic('d', () => 1);
    await vi.waitUntil(async () => (await seenBy()) > kept, { timeout: 60_000, interval: 200 });
    expect([...(await later.stop()).keys()].toSorted()).toEqual(['alike', 'first']);
    await operate('deployment/abort', { deployment: 'd' });
  });

  it('loses no request over twenty promotions and rollbacks, each of which the next request sees', async () => {
    await operate('deploy', { model: 'alike', name: 'w' });
    const load = traffic('w', () => 1);
    let [serving, other] = ['alike', 'first'];
    for (let round = 0; round < 20; round++) {
      const isPromoted = round % 2 === 0;
      await operate('deploy', { model: other, name: 'w', strategy: 'ab', traffic: 50 });
      await wait(150);
      await operate(isPromoted ? 'deployment/promote' : 'deployment/rollback', { deployment: 'w' });
      if (isPromoted) [serving, other] = [other, serving];
      for (let n = 0; n < 5; n++)
        expect(await ask('w', 1)).toMatchObject({ status: 200, body: { model: { name: serving } } });
    }
    const seen = await load.stop();
    expect([...seen.keys()].toSorted()).toEqual(['alike', 'first']);
  });

  it('harms nobody with a shadow that hangs: callers get the champion’s answers', async () => {
    await operate('deploy', { model: 'plain', name: 's' });
    const infer = (turns: number) =>
      post('/v2/models/s/infer', { inputs: [{ name: 'a', datatype: 'FP32', shape: [1], data: [turns] }] });
    expect((await infer(1)).body.outputs[0].data).toEqual([2]);
    await operate('deploy', { model: 'hanging', name: 's', strategy: 'shadow' });
    const says = async (): Promise<string> => (await show('s')).latest.verdict.reasons.join(' ');
    await vi.waitUntil(
      async () => {
        await infer(0);
        return / [1-9]\d* of 200 /.test(` ${await says()}`);
      },
      { timeout: 30_000, interval: 100 },
    );
    const answers = await Promise.all(Array.from({ length: 40 }, () => infer(100_000)));
    expect(answers.map(({ status, body }) => [status, body.model_version, body.outputs[0].data])).toEqual(
      answers.map(() => [200, '1', [200_000]]),
    );
    // The shadow's thread is at it for as long as a request may take, which is longer than this test: nobody waited for that.
    await vi.waitUntil(async () => (await says()).includes('not mirrored'), {
      timeout: 20_000,
      interval: 200,
    });
    await operate('deployment/abort', { deployment: 's' });
    expect((await infer(3)).body.outputs[0].data).toEqual([6]);
  });
});
