import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FetchOptions, isPublic, safeFetch } from './safe-fetch.ts';

const PRIVATE = `
  0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
  172.31.255.255 192.0.0.1 192.0.2.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
  240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:169.254.169.254 ::127.0.0.1
  ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::7f00:1 2002:7f00:1:: 2001::7f00:1 fc00::1 fd12:3456::1
  fe80::1 fe80::1%eth0 fec0::1 ff02::1 100::1 2001:db8::1 3fff::1 5f00::1 4000::1
`
  .trim()
  .split(/\s+/);

const PUBLIC = ['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450::1', '::ffff:8.8.8.8'];

describe('isPublic', () => {
  it.each(PRIVATE)('is false of %s', (address) => {
    expect(isPublic(address)).toBe(false);
  });
  it.each(PUBLIC)('is true of %s', (address) => {
    expect(isPublic(address)).toBe(true);
  });
  it.each(['', 'localhost', '1.2.3', '1.2.3.4.5', 'x::y'])('is false of %j, which is no address', (text) => {
    expect(isPublic(text)).toBe(false);
  });
  it('thinks of an address inside IPv6 as of the address itself, where it lets it through at all', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        expect(isPublic(`::ffff:${address}`)).toBe(isPublic(address));
        expect(isPublic(`::${address}`)).toBe(false);
        expect(isPublic(`64:ff9b::${address}`)).toBe(false);
      }),
    );
  });
});

const FORMS = `
  file:///etc/passwd ftp://example.com/ gopher://example.com/ data:text/csv,a javascript:1 blob:x ws://example.com
  unix:/var/run/docker.sock example.com/a.csv //example.com/a.csv http:// http://[::1 https://user@example.com/
  https://user:pass@example.com/ https://:pass@example.com/
`
  .trim()
  .split(/\s+/);

const ADDRESSES = `
  http://127.0.0.1/ http://2130706433/ http://0x7f000001/ http://0x7f.1/ http://0177.0.0.1/ http://127.1/
  http://017700000001/ http://0/ http://１２７.0.0.1/ http://127。0。0。1/ http://[::1]/ http://[::]/
  http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/ http://[0:0:0:0:0:ffff:7f00:0001]/ http://[::127.0.0.1]/
  http://[64:ff9b::127.0.0.1]/ http://[fe80::1]/ http://[fd00::1]/ http://169.254.169.254/latest/meta-data/
  http://10.1.2.3/ http://192.168.1.1/ http://172.20.0.1/ http://100.100.100.200/ http://224.0.0.1/
  http://255.255.255.255/
`
  .trim()
  .split(/\s+/);

describe('safeFetch', () => {
  let dir: string;
  let to: string;
  const servers: Server[] = [];
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-fetch-'));
    to = join(dir, 'body');
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await rm(dir, { recursive: true, force: true });
  });
  /** A server on this machine; the answer is its port. */
  const serve = async (answer: RequestListener): Promise<number> => {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };
  /** Reaches this machine under a name that the configuration allows. */
  const here = { allowPrivateHosts: ['here.test'], resolve: async () => ['127.0.0.1'] };
  const fetchTo = (address: string, options: Partial<FetchOptions> = {}) =>
    safeFetch(address, { to, maxBytes: 1_000, timeoutMs: 10_000, ...options });
  const expectNothingWritten = async () => expect(await readdir(dir)).toEqual([]);

  it('writes the body of an allowed address', async () => {
    const port = await serve((_, response) => response.end('x,y\n1,2\n'));
    await fetchTo(`http://here.test:${port}/a.csv`, here);
    expect(await readFile(to, 'utf8')).toBe('x,y\n1,2\n');
  });

  it.each([...FORMS, '', 'http://a b/'])('refuses the form of %j', async (address) => {
    await expect(fetchTo(address)).rejects.toMatchObject({ code: 'TRS_DOOR_URL_REFUSED', kind: 'invalid' });
    await expectNothingWritten();
  });

  it.each(ADDRESSES)('refuses the address in %j', async (address) => {
    await expect(fetchTo(address)).rejects.toMatchObject({
      code: 'TRS_DOOR_URL_REFUSED',
      message: expect.stringContaining('not a public address'),
    });
    await expectNothingWritten();
  });

  it('refuses names of this machine, as the system resolves them', async () => {
    for (const name of ['localhost', 'localhost.', 'LOCALHOST']) {
      await expect(fetchTo(`http://${name}/`)).rejects.toMatchObject({
        code: expect.stringMatching(/^TRS_DOOR_(URL_REFUSED|FETCH_FAILED)$/),
      });
    }
  });

  it.each([
    ['a private address', ['10.0.0.1']],
    ['a private address among public ones', ['93.184.216.34', '::1']],
    ['a link-local address', ['fe80::1%lo']],
    ['something else', ['not-an-address']],
  ])('refuses a name that stands for %s', async (_, addresses) => {
    await expect(fetchTo('http://innocent.test/', { resolve: async () => addresses })).rejects.toMatchObject({
      code: 'TRS_DOOR_URL_REFUSED',
      message: expect.stringContaining('innocent.test'),
    });
  });

  it('says so when a name stands for nothing, or cannot be resolved', async () => {
    for (const resolve of [async () => [], () => Promise.reject(new Error('ENOTFOUND'))]) {
      await expect(fetchTo('http://nothing.test/', { resolve })).rejects.toMatchObject({
        code: 'TRS_DOOR_FETCH_FAILED',
        message: expect.stringContaining('nothing.test'),
      });
    }
  });

  it('connects to the address that was checked: a name that changes its mind changes nothing', async () => {
    const port = await serve((request, response) => response.end(request.headers.host));
    let asked = 0;
    // Allowed, so that the check passes; were the name resolved again for the connection, it would lead nowhere.
    const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['192.0.2.1']);
    await fetchTo(`http://rebind.test:${port}/`, { allowPrivateHosts: ['rebind.test'], resolve });
    expect([await readFile(to, 'utf8'), asked]).toEqual([`rebind.test:${port}`, 1]);
  });

  it('tries the next address where one does not answer', async () => {
    const port = await serve((_, response) => response.end('ok'));
    await fetchTo(`http://here.test:${port}/`, { ...here, resolve: async () => ['::1', '127.0.0.1'] });
    expect(await readFile(to, 'utf8')).toBe('ok');
  });

  it.each([
    ['http://127.0.0.1:PORT/inner', 'TRS_DOOR_URL_REFUSED'],
    ['//127.0.0.1:PORT/inner', 'TRS_DOOR_URL_REFUSED'],
    ['http://[::ffff:127.0.0.1]:PORT/inner', 'TRS_DOOR_URL_REFUSED'],
    ['http://inner.test:PORT/inner', 'TRS_DOOR_URL_REFUSED'],
    ['file:///etc/passwd', 'TRS_DOOR_URL_REFUSED'],
    ['http://user:pass@here.test:PORT/inner', 'TRS_DOOR_URL_REFUSED'],
    ['http://[', 'TRS_DOOR_FETCH_FAILED'],
  ])('checks a redirect to %s again', async (location, code) => {
    const visited: (string | undefined)[] = [];
    const port = await serve((request, response) => {
      visited.push(request.url);
      response.writeHead(302, { location: location.replace('PORT', String(port)) }).end();
    });
    await expect(fetchTo(`http://here.test:${port}/outer`, here)).rejects.toMatchObject({ code });
    expect(visited).toEqual(['/outer']);
    await expectNothingWritten();
  });

  it('follows a few redirects, relative ones too', async () => {
    const port = await serve(({ url = '' }, response) => {
      const left = Number(url.slice(1));
      if (left > 0) response.writeHead(307, { location: `/${left - 1}` }).end('moved');
      else response.end('arrived');
    });
    await fetchTo(`http://here.test:${port}/5`, here);
    expect(await readFile(to, 'utf8')).toBe('arrived');
    await rm(to);
    await expect(fetchTo(`http://here.test:${port}/6`, here)).rejects.toMatchObject({
      code: 'TRS_DOOR_URL_REFUSED',
      message: expect.stringContaining('redirects'),
    });
    await expectNothingWritten();
  });

  it.each([404, 500, 304, 204, 206])('refuses the status %i', async (status) => {
    const port = await serve((_, response) => response.writeHead(status).end());
    await expect(fetchTo(`http://here.test:${port}/`, here)).rejects.toMatchObject({
      code: 'TRS_DOOR_FETCH_FAILED',
      message: expect.stringContaining(String(status)),
    });
    await expectNothingWritten();
  });

  it.each([
    ['declares it', (chunk: string) => ({ 'content-length': String(chunk.length * 3) })],
    ['does not', () => ({})],
  ])('stops at the largest size, where the server %s', async (_, headers) => {
    const chunk = 'x'.repeat(600);
    const port = await serve((_, response) => {
      response.writeHead(200, headers(chunk));
      for (let n = 0; n < 3; n++) response.write(chunk);
      response.end();
    });
    await expect(fetchTo(`http://here.test:${port}/`, here)).rejects.toMatchObject({
      code: 'TRS_DOOR_FETCH_TOO_LARGE',
      kind: 'too-large',
    });
    await expectNothingWritten();
  });

  it('does not unpack what comes packed: a small body stays small', async () => {
    const port = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('identity');
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('not really gzip');
    });
    await fetchTo(`http://here.test:${port}/`, here);
    expect(await readFile(to, 'utf8')).toBe('not really gzip');
  });

  it.each<[string, RequestListener]>([
    ['never answers', () => {}],
    ['stops in the middle', (_, response) => void response.write('x')],
    [
      'drips',
      (_, response) => {
        const drip = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(drip));
      },
    ],
  ])('gives up on a server that %s', async (_, answer) => {
    const port = await serve(answer);
    await expect(fetchTo(`http://here.test:${port}/`, { ...here, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'TRS_DOOR_FETCH_FAILED',
    });
    await expectNothingWritten();
  });

  it('does not wait for a resolver that never answers', async () => {
    const options = { timeoutMs: 100, resolve: () => new Promise<string[]>(() => {}) };
    await expect(fetchTo('http://slow.test/', options)).rejects.toMatchObject({
      code: 'TRS_DOOR_FETCH_FAILED',
    });
  });

  it('refuses a body that breaks off', async () => {
    const port = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    await expect(fetchTo(`http://here.test:${port}/`, here)).rejects.toMatchObject({
      code: 'TRS_DOOR_FETCH_FAILED',
    });
    await expectNothingWritten();
  });

  it('stops when its caller does, with the caller’s reason', async () => {
    const port = await serve((_, response) => void response.write('x'));
    const controller = new AbortController();
    const fetching = fetchTo(`http://here.test:${port}/`, { ...here, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('changed my mind')), 50);
    await expect(fetching).rejects.toThrow('changed my mind');
    await expectNothingWritten();
  });

  it('neither overwrites, follows nor removes what is there already', async () => {
    const port = await serve((_, response) => response.end('new'));
    await writeFile(to, 'mine');
    await expect(fetchTo(`http://here.test:${port}/`, here)).rejects.toMatchObject({
      code: 'TRS_DOOR_FETCH_FAILED',
    });
    expect(await readFile(to, 'utf8')).toBe('mine');
    await symlink(join(dir, 'elsewhere'), join(dir, 'link'));
    const toLink = fetchTo(`http://here.test:${port}/`, { ...here, to: join(dir, 'link') });
    await expect(toLink).rejects.toMatchObject({ code: 'TRS_DOOR_FETCH_FAILED' });
    expect((await readdir(dir)).sort()).toEqual(['body', 'link']);
  });

  it('shows neither credentials nor queries in its messages: both hold secrets', async () => {
    const port = await serve((_, response) => response.writeHead(403).end());
    const query = `http://here.test:${port}/a?signature=canary`;
    for (const address of ['https://me:canary@example.com/', query, 'ftp://x/?canary']) {
      const error = await fetchTo(address, here).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: expect.stringMatching(/^TRS_DOOR_/) });
      expect(String(error) + JSON.stringify(error)).not.toContain('canary');
    }
  });
});
