import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './server.test.setup.ts';

const APP = 'https://app.example.com';

describe('what is refused, and how', () => {
  let it1: TestServer;
  let studio: string;
  beforeAll(async () => {
    studio = await mkdtemp(join(tmpdir(), 'trestle-studio-'));
    await mkdir(join(studio, 'assets'));
    await writeFile(join(studio, 'index.html'), '<!doctype html><title>Studio</title>');
    await writeFile(join(studio, 'assets', 'index-abc.js'), 'export {}');
    await writeFile(join(studio, '.secret'), 'x');
    it1 = await testServer({ allowedOrigins: [APP] }, [], studio);
  });
  afterAll(async () => {
    await it1.stop();
    await rm(studio, { recursive: true, force: true });
  });

  /** What comes back for these bytes, until the server closes the connection. */
  const raw = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(it1.server.url).port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
    });
  const ask = (line: string, headers: readonly string[] = [], body = '') =>
    raw(`${line} HTTP/1.1\r\n${['connection: close', ...headers].join('\r\n')}\r\n\r\n${body}`);
  const LOCAL = 'host: localhost';

  it.each([
    ['no HTTP', () => raw('\x16\x03\x01 hello\r\n\r\n'), 400, 'TRS_SERVER_REQUEST_MALFORMED'],
    [
      'a length and chunks at once, which a proxy may read differently',
      () =>
        ask(
          'POST /api/v1/echo/say',
          [LOCAL, 'content-length: 5', 'transfer-encoding: chunked'],
          '0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
        ),
      400,
      'TRS_SERVER_REQUEST_MALFORMED',
    ],
    [
      'headers without end',
      () => ask('GET /healthz', [LOCAL, `x: ${'y'.repeat(20_000)}`]),
      431,
      'TRS_SERVER_REQUEST_MALFORMED',
    ],
    [
      'a flood of headers',
      () => ask('GET /healthz', [LOCAL, ...Array.from({ length: 2_500 }, (_, k) => `x${k}: 1`)]),
      431,
      'TRS_SERVER_REQUEST_MALFORMED',
    ],
    ['an address that is none', () => ask('GET /api/%zz', [LOCAL]), 400, 'TRS_SERVER_REQUEST_MALFORMED'],
    [
      'two hosts',
      () => ask('GET /healthz', [LOCAL, 'host: evil.example.com']),
      403,
      'TRS_SERVER_HOST_REFUSED',
    ],
    ['another host', () => ask('GET /healthz', ['host: evil.example.com']), 403, 'TRS_SERVER_HOST_REFUSED'],
    [
      'a method that is not for it',
      () => ask('DELETE /api/v1/echo/say', [LOCAL]),
      405,
      'TRS_SERVER_WRONG_METHOD',
    ],
    [
      'a method that is not for what a name leads to',
      () => ask('PUT /api/v1/jobs/x', [LOCAL]),
      405,
      'TRS_SERVER_WRONG_METHOD',
    ],
    [
      'a body that is packed',
      () =>
        ask(
          'POST /api/v1/echo/say',
          [LOCAL, 'content-type: application/json', 'content-encoding: gzip', 'content-length: 2'],
          '{}',
        ),
      415,
      'TRS_SERVER_CONTENT_ENCODING',
    ],
    [
      'a body in another charset',
      () =>
        ask(
          'POST /api/v1/echo/say',
          [LOCAL, 'content-type: application/json; charset=utf-16', 'content-length: 2'],
          '{}',
        ),
      415,
      'TRS_SERVER_BODY_NOT_UTF8',
    ],
    [
      'an image that is one of our answers',
      () =>
        ask('GET /api/v1/echo/say?text=a', [LOCAL, 'sec-fetch-site: cross-site', 'sec-fetch-mode: no-cors']),
      403,
      'TRS_SERVER_ORIGIN_REFUSED',
    ],
    [
      'a frame around the Studio',
      () =>
        ask('GET /', [
          LOCAL,
          'sec-fetch-site: cross-site',
          'sec-fetch-mode: navigate',
          'sec-fetch-dest: iframe',
        ]),
      403,
      'TRS_SERVER_ORIGIN_REFUSED',
    ],
  ])('%s is a problem with a code', async (_, request, status, code) => {
    const answer = await request();
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).toContain(`"status":${status}`);
  });

  it('lets a link from elsewhere lead to the Studio', async () => {
    const link = ['sec-fetch-site: cross-site', 'sec-fetch-mode: navigate', 'sec-fetch-dest: document'];
    expect(await ask('GET /', [LOCAL, ...link])).toMatch(/^HTTP\/1.1 200 /);
  });

  it('answers HEAD as GET without a body', async () => {
    const answer = await ask('HEAD /api/v1/echo/say?text=a', [LOCAL]);
    expect(answer).toMatch(/^HTTP\/1.1 200 .*content-length: \d+\r\n.*\r\n\r\n$/is);
  });

  it('keeps what a query calls __proto__ apart, and refuses it by its name', async () => {
    const response = await it1.get('/api/v1/echo/say?text=a&__proto__=1&constructor=2');
    expect([response.status, ((await response.json()) as { detail: string }).detail]).toEqual([
      422,
      expect.stringContaining('"__proto__", "constructor"'),
    ]);
    expect(Reflect.get({}, '1')).toBeUndefined();
  });

  describe('a page of an allowed site', () => {
    it('may ask first, and is told what it may send', async () => {
      const response = await fetch(`${it1.server.url}/api/v1/echo/say`, {
        method: 'OPTIONS',
        headers: { origin: APP, 'access-control-request-method': 'POST' },
      });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([204, APP]);
      expect(response.headers.get('access-control-allow-headers')).toContain('authorization');
    });

    it('may read answers, also refusals', async () => {
      for (const path of ['/api/v1/echo/say?text=a', '/nothing']) {
        const { headers } = await it1.get(path, { origin: APP });
        expect(headers.get('access-control-allow-origin')).toBe(APP);
        expect(headers.get('vary')).toContain('origin');
      }
    });

    it('is the only one that may', async () => {
      const response = await fetch(`${it1.server.url}/api/v1/echo/say`, {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example.com', 'access-control-request-method': 'POST' },
      });
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    });
  });

  it('keeps no answer, asks for the Studio’s page each time, and keeps its parts', async () => {
    const kept = async (path: string) => (await it1.get(path)).headers.get('cache-control');
    expect(await kept('/api/v1/echo/say?text=a')).toBe('no-store');
    expect(await kept('/')).toBe('no-cache');
    expect(await kept('/assets/index-abc.js')).toContain('immutable');
    expect((await it1.get('/.secret')).status).toBe(404);
  });

  it('shows no innards when something unexpected breaks', async () => {
    const response = await it1.post('/api/v1/echo/breaks', {});
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret internals');
  });
});
