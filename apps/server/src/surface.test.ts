import { validate } from '@scalar/openapi-parser';
import { createClient } from '@trestle/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './server.test.setup.ts';
import type { echoJob, echoQuery, echoSlow } from './test-plugin.test.setup.ts';

describe('an operation that a plugin defines', () => {
  let it1: TestServer;
  beforeAll(async () => {
    it1 = await testServer();
  });
  afterAll(async () => {
    await it1.stop();
  });
  const client = () =>
    createClient<typeof echoQuery | typeof echoSlow | typeof echoJob>({ url: it1.server.url });

  it('is a route: POST with its input, and GET with query parameters', async () => {
    const posted = await it1.post('/api/v1/echo/say', { text: 'hello', times: 2 });
    expect([posted.status, await posted.json()]).toEqual([200, { said: ['hello', 'hello'] }]);
    const got = await it1.get('/api/v1/echo/say?text=hello&times=2');
    expect([got.status, await got.json()]).toEqual([200, { said: ['hello', 'hello'] }]);
  });

  it('is an entry of the API description, with its schemas and its permission', async () => {
    const document = (await (await it1.get('/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.paths['/api/v1/echo/say']).toMatchObject({
      get: {
        parameters: [
          { name: 'text', in: 'query', required: true },
          { name: 'times', required: false },
        ],
      },
      post: {
        operationId: 'echo.say',
        summary: 'Says it again.',
        description: expect.stringContaining('echo:read'),
        requestBody: { content: { 'application/json': { schema: { required: ['text'] } } } },
        responses: { 200: { content: { 'application/json': { schema: { required: ['said'] } } } } },
      },
    });
    expect(document.paths['/echo/{name}']).toMatchObject({
      post: { parameters: [{ name: 'name', in: 'path' }] },
    });
  });

  it('is a method of the client, typed', async () => {
    const said: string[] = (await client().echo.say({ text: 'hello' })).said;
    expect(said).toEqual(['hello']);
  });

  it('refuses what its schema refuses, naming the field', async () => {
    const response = await it1.post('/api/v1/echo/say', { text: 'hello', times: 9, extra: 1 });
    expect(response.status).toBe(422);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    const problem = await response.json();
    expect(problem).toMatchObject({
      status: 422,
      code: 'TRS_KERNEL_INPUT_INVALID',
      detail: expect.stringContaining('times'),
    });
    await expect(client().echo.say({ text: 'x'.repeat(101) })).rejects.toMatchObject({
      code: 'TRS_KERNEL_INPUT_INVALID',
      kind: 'invalid',
    });
    expect((await it1.get('/api/v1/echo/say?text=a&times=many')).status).toBe(422);
  });

  it('runs as a job where it is one: queued, with its progress as events, and its result', async () => {
    const response = await it1.post('/api/v1/echo/long', { steps: 6 });
    expect(response.status).toBe(202);
    const { job, events } = (await response.json()) as { job: string; events: string };
    expect(response.headers.get('location')).toBe(`/api/v1/jobs/${job}`);
    const stream = await (await it1.get(events)).text();
    expect(stream).toContain('event: progress');
    expect(stream).toContain('"step":"step ');
    expect(stream).toMatch(/event: done\ndata: .*"output":\{"counted":6\}/);
    expect(await (await it1.get(`/api/v1/jobs/${job}`)).json()).toMatchObject({
      state: 'succeeded',
      output: { counted: 6 },
    });
  });

  it('is followed to its end by the client, with its progress', async () => {
    const steps: string[] = [];
    const result = await client().echo.long(
      { steps: 6 },
      { onProgress: (progress) => steps.push(progress.step) },
    );
    expect(result).toEqual({ counted: 6 });
    expect(steps.length).toBeGreaterThan(0);
    await expect(client().echo.long({ steps: 0, breaks: true })).rejects.toMatchObject({
      code: 'TRS_INTERNAL',
    });
  });

  it('shows its raw routes, with what they declare', async () => {
    const response = await it1.post('/echo/bird', 'chirp', { 'content-type': 'text/plain' });
    expect([response.status, await response.text(), response.headers.get('x-echo')]).toEqual([
      200,
      'bird: 5',
      'yes',
    ]);
  });

  it('shows its numbers in the metrics, in OpenMetrics form', async () => {
    const response = await it1.get('/metrics');
    expect(response.headers.get('content-type')).toContain('application/openmetrics-text');
    const text = await response.text();
    expect(text).toContain('echo_total{kind="test"} 3');
    expect(text).toContain('route="/api/v1/echo/say"');
    expect(text.trimEnd().endsWith('# EOF')).toBe(true);
  });

  it('is described as OpenAPI 3.1, without a fault', async () => {
    const document = await (await it1.get('/openapi.json')).text();
    expect(await validate(document)).toMatchObject({ valid: true, version: '3.1' });
  });

  it('counts so that each sample belongs to a family that is declared', async () => {
    const lines = (await (await it1.get('/metrics')).text()).trimEnd().split('\n');
    const families = lines.flatMap((line) => /^# TYPE (\S+) (\S+)$/.exec(line)?.slice(1, 3).join(' ') ?? []);
    expect(new Set(families).size).toBe(families.length);
    const allowed = new Set(
      families.flatMap((family) => {
        const [name = '', type] = family.split(' ');
        if (type === 'counter') return [`${name}_total`];
        if (type === 'histogram') return [`${name}_bucket`, `${name}_sum`, `${name}_count`];
        return type === 'summary' ? [name, `${name}_sum`, `${name}_count`] : [name];
      }),
    );
    const samples = lines.filter((line) => !line.startsWith('#'));
    expect(samples.length).toBeGreaterThan(20);
    // OpenMetrics 1.0, ABNF: number is a real number or "nan" in any case.
    for (const sample of samples) {
      expect(sample).toMatch(/^[a-z_\d]+(\{([a-z_]+="[^"\n]*",?)+\})? ([-+\d.e]+|nan)$/i);
      expect([sample, allowed.has(sample.split(/[{ ]/)[0] ?? '')]).toEqual([sample, true]);
    }
  });

  it('has a page that documents it, and needs nothing from elsewhere', async () => {
    const page = await (await it1.get('/docs/')).text();
    expect(page).toContain('/openapi.json');
    expect(page).not.toMatch(/https?:\/\/(cdn|fonts)\./);
  });
});
