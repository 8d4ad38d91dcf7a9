import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawStatus, type TestServer, testServer } from './server.test.setup.ts';

describe('the door of the server', () => {
  let it1: TestServer;
  let studio: string;
  beforeAll(async () => {
    studio = await mkdtemp(join(tmpdir(), 'trestle-studio-'));
    await writeFile(join(studio, 'index.html'), '<!doctype html><title>Studio</title>');
    it1 = await testServer(
      { requestTimeoutMs: 1_500, allowedOrigins: ['https://app.example.com'] },
      [],
      studio,
    );
  });
  afterAll(async () => {
    await it1.stop();
    await rm(studio, { recursive: true, force: true });
  });
  const say = '/api/v1/echo/say?text=a';

  it.each([
    ['a name bound to this address', { host: 'evil.example.com' }, 403],
    ['such a name with our port', { host: 'evil.example.com:7070' }, 403],
    ['an address in the name', { host: '127.0.0.1.evil.example.com' }, 403],
    ['another site', { origin: 'https://evil.example.com' }, 403],
    ['no site at all', { origin: 'null' }, 403],
    ['another port of this machine', { origin: 'http://localhost:1' }, 403],
    ['an allowed site', { origin: 'https://app.example.com' }, 200],
    ['a local name', { host: 'localhost' }, 200],
  ])('from %s', async (_, headers, status) => {
    expect(await rawStatus(it1.server.url, say, headers)).toBe(status);
  });

  it.each([
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a form with files', 'multipart/form-data; boundary=x'],
    ['XML', 'application/xml'],
  ])('takes no %s where JSON is expected', async (_, type) => {
    const response = await it1.post('/api/v1/echo/say', '{"text":"a"}', { 'content-type': type });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
      415,
      'TRS_SERVER_CONTENT_TYPE',
    ]);
  });

  it.each([
    ['broken JSON', '{"text":', 400, 'TRS_SERVER_BODY_NOT_JSON'],
    ['a number that JSON does not carry', '{"text":9007199254740993}', 422, 'TRS_SERVER_BODY_NUMBER'],
    ['what nests without end', '['.repeat(100_000), 400, 'TRS_SERVER_BODY_TOO_DEEP'],
    ['a list', '[1]', 422, 'TRS_KERNEL_INPUT_INVALID'],
    ['a prototype', '{"__proto__": {"text": "a"}}', 422, 'TRS_KERNEL_INPUT_INVALID'],
    ['too much', JSON.stringify({ text: 'x'.repeat(2 ** 20) }), 413, 'TRS_SERVER_BODY_TOO_LARGE'],
  ])('refuses %s', async (_, body, status, code) => {
    const response = await it1.post('/api/v1/echo/say', body);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it.each([
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/.env',
    '/index.html%00.png',
    '//etc/passwd',
  ])('serves nothing beyond the Studio: %s', async (path) => {
    expect([400, 403, 404]).toContain(await rawStatus(it1.server.url, path, {}));
  });

  it('ends a request that does not arrive in time', async () => {
    const { port } = new URL(it1.server.url);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          'POST /api/v1/echo/say HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
        );
      });
      let text = '';
      socket.on('data', (data) => {
        text += data;
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toContain('408');
  }, 10_000);

  it('tells browsers to be careful', async () => {
    const { headers } = await it1.get('/');
    expect(headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(headers.get('content-security-policy')).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
  });

  it('shows no stack and no internals, whatever happens', async () => {
    const { job } = (await (await it1.post('/api/v1/echo/long', { steps: 0, breaks: true })).json()) as {
      job: string;
    };
    const events = await (await it1.get(`/api/v1/jobs/${job}/events`)).text();
    expect(events).not.toMatch(/at .*\.(ts|js):\d+/);
    const missing = await it1.get('/nothing');
    expect([missing.status, await missing.json()]).toMatchObject([404, { code: 'TRS_SERVER_NOT_FOUND' }]);
  });

  it.each(['PUT', 'PATCH', 'DELETE'])('takes the body of a %s', async (method) => {
    const response = await fetch(`${it1.server.url}/echo/bird`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    });
    expect([response.status, await response.json()]).toEqual([200, { method, body: { a: 1 } }]);
  });

  it('says which methods there are where another was sent', async () => {
    const wrong = await fetch(`${it1.server.url}/api/v1/echo/slow`, { method: 'DELETE' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('a body', () => {
  it('is taken in the smallest chunks without keeping an object for each', async () => {
    // Its own server: the time that a request may take is not what this is about.
    const patient = await testServer();
    const { port } = new URL(patient.server.url);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    const status = await new Promise((resolve, reject) => {
      const req = request(
        {
          port,
          host: '127.0.0.1',
          method: 'POST',
          path: '/echo/x',
          headers: { 'content-type': 'text/plain' },
        },
        (response) => resolve(response.resume().statusCode),
      );
      req.on('error', reject);
      req.setNoDelay(true);
      let sent = 0;
      const more = (): void => {
        for (let burst = 0; burst < 2_000 && sent < 100_000; burst++, sent++) req.write('x');
        if (sent < 100_000) setImmediate(more);
        else req.end();
      };
      more();
    });
    expect(status).toBe(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    await patient.stop();
  });
});

describe('the rate limit', () => {
  it('refuses what comes too often, and says when to come again', async () => {
    const limited = await testServer({ rateLimit: { max: 3, windowMs: 60_000 } });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await limited.get('/api/v1/echo/say?text=a')).status);
    const refused = await limited.get('/api/v1/echo/say?text=a');
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ code: 'TRS_SERVER_RATE_LIMITED' });
    expect((await limited.get('/healthz')).status).toBe(200);
    await limited.stop();
  });
});
