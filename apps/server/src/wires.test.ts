import { createClient, type WatchedEvent } from '@trestle/client';
import { panels } from '@trestle/contracts';
import { contribute, plugin } from '@trestle/kernel';
import type { systemPlugin } from '@trestle/plugin-system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './server.test.setup.ts';
import type { echoPlugin } from './test-plugin.test.setup.ts';

const panel = { name: 'echoes', title: 'Echoes', on: 'model', operation: 'echo.say', subject: 'text' };
const shown = plugin({ name: 'shown', version: '1', contributions: [contribute(panels, panel)] });

describe('what a page is given over the wire', () => {
  let it1: TestServer;
  beforeAll(async () => {
    it1 = await testServer({}, [shown]);
  });
  afterAll(async () => {
    await it1.stop();
  });
  const client = () => createClient<typeof echoPlugin | typeof systemPlugin>({ url: it1.server.url });

  it('is a result with its picture and its verdict', async () => {
    expect(await client().present('echo.say', { text: 'ho', times: 3 })).toEqual({
      output: { said: ['ho', 'ho', 'ho'] },
      views: [{ kind: 'text', text: 'ho ho ho' }],
      passed: false,
    });
  });

  it('is the picture of a job when it is over', async () => {
    const ids: string[] = [];
    const result = await client().present('echo.long', { steps: 1 }, { onJob: (id) => ids.push(id) });
    expect(result).toEqual({
      output: { counted: 1 },
      views: [{ kind: 'facts', facts: [['counted', 1]] }],
    });
    expect(ids).toHaveLength(1);
  });

  it('is a result alone where its operation presents nothing', async () => {
    expect(await client().present('echo.slow', { text: 'a', afterMs: 0 })).toEqual({ output: { said: 'a' } });
  });

  it('is a list of what can be done, with the schemas of inputs', async () => {
    const { operations } = await client().operation.list({});
    expect(operations.find(({ id }) => id === 'echo.say')).toMatchObject({
      plugin: 'echo',
      kind: 'query',
      allowed: true,
      input: { type: 'object', properties: { text: { type: 'string', maxLength: 100 } }, required: ['text'] },
    });
  });

  it('is a list of the pages and panels that plugins add', async () => {
    expect(await client().panel.list({})).toEqual({ panels: [{ ...panel, input: {} }] });
  });

  it('is every event of the log as it is committed, also over a connection that breaks', async () => {
    const heard: WatchedEvent[] = [];
    const gone = new AbortController();
    let connections = 0;
    const breaking: typeof fetch = async (url, init) => {
      connections += 1;
      const response = await fetch(url, init);
      // The first connection ends behind what it tells of where it begins.
      return connections === 1
        ? new Response(response.body?.pipeThrough(firstChunk()), { status: 200 })
        : response;
    };
    const watching = createClient({ url: it1.server.url, fetch: breaking }).watch(
      (event) => heard.push(event),
      {
        signal: gone.signal,
        reconnectMs: 50,
      },
    );
    await expect.poll(() => connections).toBeGreaterThan(0);
    await client().echo.slow({ text: 'a', afterMs: 0 });
    await expect.poll(() => connections).toBeGreaterThan(1);
    await client().echo.slow({ text: 'b', afterMs: 0 });
    await expect
      .poll(() => heard.filter(({ subject }) => subject === 'operation:echo.slow').map(({ type }) => type))
      .toEqual(['operation.succeeded', 'operation.succeeded']);
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, k) => (heard[0]?.seq ?? 0) + k));
    gone.abort();
    await watching;
  });
});

const firstChunk = () =>
  new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      controller.enqueue(chunk);
      controller.terminate();
    },
  });

describe('a panel that cannot be shown', () => {
  it.each([
    [{ ...panel, operation: 'echo.nothing' }, 'there is no operation "echo.nothing"'],
    [{ ...panel, operation: 'echo.slow' }, '"echo.slow" is no query'],
    [{ ...panel, name: 'No Name' }, '"name"'],
  ])('is named: %j', async (value, reason) => {
    const broken = plugin({ name: 'broken', version: '1', contributions: [contribute(panels, value)] });
    const server = await testServer({}, [broken]);
    const asked = createClient<typeof systemPlugin>({ url: server.server.url }).panel.list({});
    await expect(asked).rejects.toMatchObject({
      code: 'TRS_SYSTEM_PANEL_INVALID',
      message: expect.stringContaining(reason),
    });
    await server.stop();
  });
});
