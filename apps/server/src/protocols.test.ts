import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestServer, testServer } from './server.test.setup.ts';

describe('a protocol with a form of its own for errors', () => {
  let it1: TestServer;
  beforeAll(async () => {
    it1 = await testServer();
  });
  afterAll(() => it1.stop());
  const post = (
    body: Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
    path = '/spoken/bytes',
  ) => fetch(`${it1.server.url}${path}`, { method: 'POST', body, headers });

  it.each<[string, () => Promise<Response>, number, string]>([
    [
      'an address that there is not',
      () => it1.get('/spoken/nothing'),
      404,
      'There is no GET /spoken/nothing.',
    ],
    ['a method that it does not take', () => it1.get('/spoken/bytes'), 405, 'does not take GET'],
    [
      'a type that it does not take',
      () => post(Buffer.from('x'), { 'content-type': 'text/html' }),
      415,
      'text/html',
    ],
    [
      'an encoding that nobody unpacks',
      () => post(Buffer.from('x'), { 'content-encoding': 'br' }, '/spoken/bytes'),
      415,
      '"br"',
    ],
    [
      'bytes that are not packed as they say',
      () => post(new Uint8Array([1, 2]), { 'content-encoding': 'gzip' }),
      400,
      'content-encoding',
    ],
    [
      'a body that unpacks to more than is allowed',
      () => post(gzipSync(Buffer.alloc(1_000_001)), { 'content-encoding': 'gzip' }),
      413,
      '1000000 bytes',
    ],
    ['a body that is too large', () => post(new Uint8Array(1_000_001)), 413, '1000000 bytes'],
    ['a stranger', () => it1.get('/spoken/bytes', { origin: 'https://evil.example.com' }), 403, 'evil'],
  ])('has it for %s, said by the server', async (_, ask, status, words) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({ status, error: expect.stringContaining(words) });
  });

  it('has it for its paths alone', async () => {
    for (const path of ['/spokenfor', '/api/v1/nothing'])
      expect((await it1.get(path)).headers.get('content-type')).toContain('application/problem+json');
  });

  it('takes bodies without a type and packed ones, where it says so', async () => {
    const body = Buffer.alloc(50_000, 'a');
    expect(await (await post(body)).text()).toBe('50000');
    expect(await (await post(gzipSync(body), { 'content-encoding': 'gzip' })).text()).toBe('50000');
    expect(await (await post(deflateSync(body), { 'content-encoding': 'deflate' })).text()).toBe('50000');
    expect((await post(gzipSync(body), { 'content-encoding': 'gzip' }, '/echo/x')).status).toBe(415);
  });

  it('has one address with and without a slash at its end', async () => {
    expect((await post(Buffer.from('abc'), {}, '/spoken/bytes/')).status).toBe(200);
    expect((await it1.get('/healthz/')).status).toBe(200);
  });

  it('gives large bodies back as they came, several at once and one behind the other on a connection', async () => {
    const bodies = [70_000, 131_072, 400_000, 999_999, 65_536].map((length) => randomBytes(length));
    const answers = await Promise.all(
      [...bodies, ...bodies].map(async (body) =>
        Buffer.from(await (await post(body, {}, '/spoken/again')).arrayBuffer()),
      ),
    );
    for (const [at, answer] of answers.entries()) expect(answer.equals(bodies[at % 5] ?? answer)).toBe(true);
    const head = (body: Buffer) =>
      Buffer.from(`POST /spoken/again HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n`);
    const socket = connect(Number(new URL(it1.server.url).port), '127.0.0.1');
    const came: Buffer[] = [];
    socket.on('data', (chunk) => came.push(chunk));
    socket.write(Buffer.concat(bodies.flatMap((body) => [head(body), body])));
    const total = bodies.reduce((sum, body) => sum + body.length, 0);
    await expect.poll(() => Buffer.concat(came).length, { timeout: 10_000 }).toBeGreaterThan(total);
    socket.destroy();
    const all = Buffer.concat(came);
    for (const body of bodies) expect(all.indexOf(body)).toBeGreaterThan(0);
  });
});
