import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { operation, plugin } from '@trestle/kernel/spec';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { createClient } from './client.ts';
import { followJob } from './follow-job.ts';

const parts = { summary: 'x', access: 'thing:write', load: async () => async () => ({ size: 0 }) } as const;
const input = z.object({ name: z.string(), times: z.number().default(1) });
const output = z.object({ size: z.number() });
const make = operation({ ...parts, id: 'thing.make', kind: 'command', input, output });
const show = operation({ ...parts, id: 'thing.show', kind: 'query', input, output });
const train = operation({ ...parts, id: 'train', kind: 'job', input, output });
const operations = [make, show, train] as const;

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
async function serve(answer: RequestListener, port = 0): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
const json = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
};
const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
};
/** A server with one job, whose events each connection gets from the list. */
const serveJob = (...connections: ((response: ServerResponse) => void)[]) => {
  let count = 0;
  return serve((request, response) => {
    if (request.method === 'POST')
      return json(response, 202, { job: 'j-1', events: '/api/v1/jobs/j-1/events' });
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    connections[Math.min(count++, connections.length - 1)]?.(response);
  });
};
const progress = (step: string) =>
  `event: progress\ndata: ${JSON.stringify({ state: 'running', step, fraction: 0.5 })}\n\n`;
const done = (end: object) => `event: done\ndata: ${JSON.stringify(end)}\n\n`;
const fast = (url: string, options: Parameters<typeof followJob>[2] = {}) =>
  followJob(
    (path, init) => fetch(new URL(path, url), init),
    { job: 'j-1', events: '/events' },
    { reconnectMs: 1, ...options },
  );

describe('a call', () => {
  it('is a method of the operation’s name, with its types', async () => {
    const url = await serve(async (request, response) => {
      json(response, 200, { size: 1, request: [request.method, request.url, await bodyOf(request)] });
    });
    const client = createClient<typeof operations>({ url });
    expectTypeOf(client.thing.make)
      .parameter(0)
      .toEqualTypeOf<{ name: string; times?: number | undefined }>();
    expectTypeOf(client.train).returns.resolves.toEqualTypeOf<{ size: number }>();
    const answers = [
      await client.thing.make({ name: 'a' }),
      await client.train({ name: 'b' }),
      await client.call('any.thing', {}),
    ];
    expect(answers).toMatchObject([
      { request: ['POST', '/api/v1/thing/make', { name: 'a' }] },
      { request: ['POST', '/api/v1/train', { name: 'b' }] },
      { request: ['POST', '/api/v1/any/thing', {}] },
    ]);
  });

  it('has its types from a list, a plugin, or what a module exports', () => {
    const thing = plugin({ name: 'thing', version: '1', operations: [make, train] });
    const module = { make, train, other: 7 };
    expectTypeOf(createClient<typeof thing>({ url: 'http://x' }).thing.make).toEqualTypeOf<
      (typeof byList)['thing']['make']
    >();
    expectTypeOf(createClient<typeof module>({ url: 'http://x' }).train).toEqualTypeOf<
      (typeof byList)['train']
    >();
    const byList = createClient<typeof operations>({ url: 'http://x' });
    // @ts-expect-error: there is no such operation
    void byList.thing.brake;
    // @ts-expect-error: its input has no such field
    void (() => byList.thing.make({ name: 'a', colour: 'red' }));
  });

  it('goes below the folder of a site under which the server is', async () => {
    const url = await serve((request, response) => json(response, 200, { at: request.url }));
    for (const folder of ['/ml', '/ml/'])
      expect(await createClient({ url: url + folder }).call('a.b', {})).toEqual({ at: '/ml/api/v1/a/b' });
  });

  it('is made by a client that may be awaited', async () => {
    const client = createClient<typeof operations>({ url: 'http://127.0.0.1:9' });
    expect(await Promise.resolve(client)).toBe(client);
  });

  it('carries the token of the moment', async () => {
    const url = await serve((request, response) =>
      json(response, 200, { token: request.headers.authorization ?? null }),
    );
    let token: string | undefined;
    const client = createClient({ url, token: () => token });
    expect(await client.call('x', {})).toEqual({ token: null });
    token = 'late';
    expect(await client.call('x', {})).toEqual({ token: 'Bearer late' });
  });

  it('carries the token, and none where there is none', async () => {
    const url = await serve((request, response) =>
      json(response, 200, { token: request.headers.authorization ?? null }),
    );
    expect(await createClient({ url, token: 'secret' }).call('x', {})).toEqual({
      token: 'Bearer secret',
    });
    expect(await createClient({ url }).call('x', {})).toEqual({ token: null });
  });

  it.each([
    [422, 'invalid', 'invalid'],
    [422, 'refused', 'refused'],
    [499, 'interrupted', 'interrupted'],
    [403, 'denied', 'denied'],
    [409, 'something new', 'conflict'],
    [500, 'failed', 'failed'],
  ])('that is answered %i "%s" throws the error that it was there', async (status, title, kind) => {
    const problem = {
      type: 'x',
      title,
      status,
      detail: 'No.',
      code: 'TRS_THING_NO',
      hint: 'Ask.',
      details: { a: 1 },
    };
    const url = await serve((_, response) => json(response, status, problem));
    await expect(createClient<typeof operations>({ url }).thing.make({ name: 'a' })).rejects.toMatchObject({
      code: 'TRS_THING_NO',
      kind,
      message: 'No.',
      hint: 'Ask.',
      details: { a: 1 },
    });
  });

  it('tells when to come again, where the server does', async () => {
    const problem = {
      type: 'x',
      title: 'overloaded',
      status: 429,
      detail: 'Full.',
      code: 'TRS_FULL',
      hint: '',
      details: {},
    };
    const url = await serve((_, response) => json(response, 429, problem, { 'retry-after': '7' }));
    await expect(createClient({ url }).call('x', {})).rejects.toMatchObject({
      kind: 'overloaded',
      retryAfterS: 7,
    });
  });

  it.each<[string, RequestListener, string]>([
    ['a page that is no answer', (_, response) => void response.end('<html>'), 'failed'],
    ['an error without a reason', (_, response) => void response.writeHead(404).end('gone'), 'not-found'],
    ['an error of a proxy', (_, response) => void response.writeHead(502).end('bad gateway'), 'unavailable'],
    [
      'half an answer',
      (_, response) =>
        void response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy()),
      'failed',
    ],
    ['a job that is none', (_, response) => json(response, 202, {}), 'failed'],
    [
      'a job elsewhere',
      (_, response) => json(response, 202, { job: 'j', events: 'http://127.0.0.1:9/' }),
      'failed',
    ],
  ])('that gets %s says so', async (_, answer, kind) => {
    const url = await serve(answer);
    await expect(createClient({ url }).call('x', {})).rejects.toMatchObject({
      code: 'TRS_CLIENT_ANSWER',
      kind,
    });
  });

  it('of a server that is not there says where', async () => {
    const url = await serve(() => {});
    servers.pop()?.close();
    await expect(createClient({ url }).call('x', {})).rejects.toMatchObject({
      code: 'TRS_CLIENT_UNREACHABLE',
      kind: 'unavailable',
      message: `The server at ${url} does not answer.`,
    });
  });

  it.each<[string, RequestListener]>([
    ['before the answer', () => {}],
    ['in the middle of the answer', (_, response) => void response.writeHead(200).write('{"size": ')],
  ])('is given up with its caller’s reason, %s', async (_, answer) => {
    const url = await serve(answer);
    const controller = new AbortController();
    const call = createClient<typeof operations>({ url }).thing.make(
      { name: 'a' },
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort(new Error('changed my mind')), 50);
    await expect(call).rejects.toThrow('changed my mind');
  });
});

describe('a job', () => {
  it('is followed to its end, with its progress', async () => {
    const url = await serveJob((response) =>
      response.end(progress('one') + progress('two') + done({ state: 'succeeded', output: { size: 3 } })),
    );
    const steps: unknown[] = [];
    const result = await createClient<typeof operations>({ url }).train(
      { name: 'a' },
      { onProgress: (each) => steps.push(each) },
    );
    expect(result).toEqual({ size: 3 });
    expect(steps).toEqual([
      { step: 'one', fraction: 0.5 },
      { step: 'two', fraction: 0.5 },
    ]);
  });

  it('is told by its id as soon as it is queued, and can be followed from elsewhere', async () => {
    const url = await serveJob((response) => response.end(done({ state: 'succeeded', output: { size: 3 } })));
    const client = createClient<typeof operations>({ url });
    const ids: string[] = [];
    expect(await client.train({ name: 'a' }, { onJob: (id) => ids.push(id) })).toEqual({ size: 3 });
    expect(ids).toEqual(['j-1']);
    expect(await client.follow('j-1')).toEqual({ size: 3 });
  });

  it('is asked for itself where the server has enough of streams', async () => {
    const states = [
      { state: 'running', progress: { step: 'one', fraction: 0.5 } },
      { state: 'succeeded', output: 7 },
    ];
    const url = await serve((request, response) => {
      if (request.url === '/events') return json(response, 429, { code: 'TRS_FULL', detail: 'Full.' });
      return json(response, 200, states.shift());
    });
    const steps: string[] = [];
    const send = (path: string, init: RequestInit) => fetch(new URL(path, url), init);
    const place = { job: 'j-1', events: '/jobs/j-1/events' };
    const full = async (path: string, init: RequestInit) =>
      await send(path.endsWith('/events') ? '/events' : path, init);
    const options = { reconnectMs: 1, onProgress: ({ step }: { step: string }) => steps.push(step) };
    expect(await followJob(full, place, options)).toBe(7);
    expect(steps).toEqual(['one']);
  });

  it('is followed over a new connection when one breaks, ends or is cut', async () => {
    const url = await serveJob(
      (response) => response.write(progress('one'), () => response.destroy()),
      (response) => response.end(progress('two')),
      (response) => response.end('event: done\ndata: {"sta'),
      (response) => response.end(done({ state: 'succeeded', output: 7 })),
    );
    const steps: string[] = [];
    expect(await fast(url, { onProgress: ({ step }) => steps.push(step) })).toBe(7);
    expect(steps).toEqual(['one', 'two']);
  });

  it('is followed over as many connections as it takes, while something is heard', async () => {
    let left = 100;
    const url = await serveJob((response) =>
      response.end(left-- > 0 ? progress('on') : done({ state: 'succeeded', output: 7 })),
    );
    expect(await fast(url)).toBe(7);
  });

  it('survives a server that goes away and comes back', async () => {
    const url = await serve((_, response) => {
      response.write(progress('one'), () => response.destroy());
      servers[0]?.close();
      setTimeout(
        () =>
          serve((_, again) => again.end(done({ state: 'succeeded', output: 7 })), Number(new URL(url).port)),
        100,
      );
    });
    const send = async (path: string, init: RequestInit) => await fetch(new URL(path, url), init);
    const place = { job: 'j-1', events: '/events' };
    expect(await followJob(send, place, { reconnectMs: 50 })).toBe(7);
  });

  it('survives a server that drains', async () => {
    let isFirst = true;
    const url = await serve((_, response) => {
      if (isFirst) response.writeHead(503).end();
      else response.end(done({ state: 'succeeded', output: 7 }));
      isFirst = false;
    });
    expect(await fast(url)).toBe(7);
  });

  it('is lost when the server stays away; the error says that it goes on', async () => {
    const url = await serve(() => {});
    servers.pop()?.close();
    await expect(fast(url)).rejects.toMatchObject({
      code: 'TRS_CLIENT_JOB_LOST',
      kind: 'unavailable',
      hint: expect.stringContaining('trestle job show j-1'),
    });
  });

  it.each([
    ['failed', 'invalid', 'invalid'],
    ['failed', undefined, 'failed'],
    ['failed', 'something new', 'failed'],
    ['cancelled', 'interrupted', 'interrupted'],
    ['interrupted', undefined, 'interrupted'],
  ])('that %s with kind %s throws its error', async (state, kind, expected) => {
    const error = { code: 'TRS_THING_NO', kind, message: 'No.', hint: 'Ask.', details: { a: 1 } };
    const url = await serveJob((response) => response.end(done({ state, error })));
    await expect(fast(url)).rejects.toMatchObject({
      code: 'TRS_THING_NO',
      kind: expected,
      details: { a: 1 },
    });
  });

  it('that ended without an error of its own says how', async () => {
    const url = await serveJob((response) => response.end(done({ state: 'cancelled' })));
    await expect(fast(url)).rejects.toMatchObject({
      code: 'TRS_CLIENT_JOB_ENDED',
      kind: 'interrupted',
      message: 'The job j-1 is cancelled.',
    });
  });

  it('that is somebody else’s is not asked for again and again', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(404).end();
    });
    await expect(fast(url)).rejects.toMatchObject({ kind: 'not-found' });
    expect(asked).toBe(1);
  });

  it('throws what its listener throws', async () => {
    const url = await serveJob((response) => response.end(progress('one')));
    const onProgress = () => {
      throw new TypeError('no such element');
    };
    await expect(fast(url, { onProgress })).rejects.toThrow('no such element');
  });

  it.each([
    ['while it listens', 1, (response: ServerResponse) => void response.write(progress('one'))],
    [
      'while it waits for a new connection',
      60_000,
      (response: ServerResponse) => void response.end(progress('one')),
    ],
  ])('is left to itself when its caller goes: %s', async (_, reconnectMs, connection) => {
    const url = await serveJob(connection);
    const controller = new AbortController();
    const following = fast(url, {
      reconnectMs,
      signal: controller.signal,
      onProgress: () => setTimeout(() => controller.abort(new Error('gone')), 20),
    });
    await expect(following).rejects.toThrow('gone');
  });
});
