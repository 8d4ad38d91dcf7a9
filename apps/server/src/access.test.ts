import { tokenCreate } from '@trestle/plugin-system';
import { temporaryProject } from '@trestle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverConfig, startServer } from './index.ts';
import { type TestServer, testServer } from './server.test.setup.ts';

const OPEN = ['/healthz', '/readyz', '/'];

describe('who may do what', () => {
  let it1: TestServer;
  let narrow: string;
  beforeAll(async () => {
    it1 = await testServer({ auth: 'tokens' });
    narrow = (await it1.host.run(tokenCreate, { name: 'narrow', scopes: ['nothing:read'] })).secret;
  });
  afterAll(async () => {
    await it1.stop();
  });
  /** Every route of the API description, and those around it. */
  const routes = async (): Promise<readonly (readonly [method: string, path: string])[]> => {
    const { secret } = await it1.host.run(tokenCreate, { name: `all-${Date.now()}`, scopes: ['*:*'] });
    const response = await it1.get('/openapi.json', { authorization: `Bearer ${secret}` });
    const { paths } = (await response.json()) as { paths: Record<string, object> };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => [method.toUpperCase(), path.replace(/\{.*?\}/g, 'x')] as const),
    );
    return [
      ...described,
      ['GET', '/metrics'],
      ['GET', '/docs/'],
      ['GET', '/openapi.json'],
      ['GET', '/api/v1/jobs/x/events'],
    ];
  };

  it('asks on every route who calls, except where there is nothing to know', async () => {
    const all = await routes();
    expect(all.length).toBeGreaterThan(20);
    for (const [method, path] of all) {
      const response = await fetch(it1.server.url + path, { method });
      expect([path, response.status]).toEqual([path, 401]);
      const scheme = /^.(docs|openapi)/.test(path) ? 'Basic' : 'Bearer';
      expect([path, response.headers.get('www-authenticate')]).toEqual([path, `${scheme} realm="trestle"`]);
    }
    for (const path of OPEN) expect((await it1.get(path)).status).toBe(200);
  });

  it('refuses a caller without the permission, on every route', async () => {
    for (const [method, path] of await routes()) {
      // Jobs are asked about by their owners: to others they do not exist.
      const expected = path.startsWith('/api/v1/jobs/') ? 404 : 403;
      const response = await fetch(it1.server.url + path, {
        method,
        headers: { authorization: `Bearer ${narrow}` },
      });
      expect([path, response.status]).toEqual([path, expected]);
    }
  });

  it('lets whoever shows no token do what the configuration says, and never change anything', async () => {
    expect(serverConfig.schema.safeParse({ auth: 'tokens', anonymous: ['serving:deploy'] }).success).toBe(
      false,
    );
    expect(serverConfig.schema.safeParse({ auth: 'tokens', anonymous: ['*:*'] }).success).toBe(false);
    const open = await testServer({ auth: 'tokens', anonymous: ['system:read'] });
    try {
      const statuses = new Set<number>();
      for (const [method, path] of await routes()) {
        const { status } = await fetch(open.server.url + path, { method });
        if (status !== 401) statuses.add(status);
        if (method === 'POST' && /token|job\/cancel|migrate/.test(path))
          expect([path, status]).toEqual([path, 401]);
      }
      expect(statuses.size).toBeGreaterThan(0);
    } finally {
      await open.stop();
    }
  });

  it('lets a browser open the pages with the token as the password, and nothing else', async () => {
    const { secret } = await it1.host.run(tokenCreate, { name: 'browser', scopes: ['*:*'] });
    const authorization = `Basic ${Buffer.from(`anybody:${secret}`).toString('base64')}`;
    for (const path of ['/docs/', '/openapi.json'])
      expect([path, (await it1.get(path, { authorization })).status]).toEqual([path, 200]);
    expect((await it1.get('/api/v1/echo/say?text=a', { authorization })).status).toBe(401);
    const wrong = `Basic ${Buffer.from('anybody:wrong').toString('base64')}`;
    expect((await it1.get('/docs/', { authorization: wrong })).status).toBe(401);
  });

  it.each(['Bearer wrong', 'Bearer ', 'Basic YTpi', `Bearer ${'x'.repeat(5_000)}`])(
    'does not know "%s"',
    async (authorization) => {
      expect((await it1.get('/api/v1/echo/say?text=a', { authorization })).status).toBe(401);
    },
  );

  it('lets a confined scope do it on what it names, by operation, job and route, and there alone', async () => {
    const scopes = ['echo:read@text/mine*'];
    const { secret } = await it1.host.run(tokenCreate, { name: 'confined', scopes });
    const headers = { authorization: `Bearer ${secret}` };
    const said = async (text: string) => (await it1.get(`/api/v1/echo/say?text=${text}`, headers)).status;
    expect([await said('mine'), await said('mine-2'), await said('yours')]).toEqual([200, 200, 403]);
    await expect(
      it1.host.run(tokenCreate, { name: 'wider', scopes: ['echo:read'] }, { principal: { id: 'x', scopes } }),
    ).rejects.toMatchObject({ kind: 'denied' });
  });

  it('lets a scope do what it says, and no more', async () => {
    const { secret } = await it1.host.run(tokenCreate, { name: 'reader', scopes: ['echo:read'] });
    const headers = { authorization: `Bearer ${secret}` };
    expect((await it1.get('/api/v1/echo/say?text=a', headers)).status).toBe(200);
    expect((await it1.post('/api/v1/echo/slow', { text: 'a', afterMs: 0 }, headers)).status).toBe(403);
  });

  it('shows a job to who started it', async () => {
    const { secret } = await it1.host.run(tokenCreate, { name: 'writer', scopes: ['echo:write'] });
    const headers = { authorization: `Bearer ${secret}` };
    const { job } = (await (await it1.post('/api/v1/echo/long', { steps: 0 }, headers)).json()) as {
      job: string;
    };
    expect((await it1.get(`/api/v1/jobs/${job}`, headers)).status).toBe(200);
    expect((await it1.get(`/api/v1/jobs/${job}`, { authorization: `Bearer ${narrow}` })).status).toBe(404);
  });
});

describe('a server without authentication', () => {
  it('does not listen where others reach it', async () => {
    const project = await temporaryProject();
    const host = await project.open([], { sections: [serverConfig] });
    await expect(startServer(host, { port: 0, host: '0.0.0.0' })).rejects.toMatchObject({
      code: 'TRS_SERVER_AUTH_REQUIRED',
    });
    await project.remove();
  });

  it('does not start with a route that declares no permission', async () => {
    const project = await temporaryProject();
    const route = {
      method: 'GET' as const,
      path: '/x',
      summary: 'x',
      load: async () => async () => new Response(),
    };
    const open = project.open([{ name: 'careless', version: '1.0.0', routes: [route as never] }]);
    await expect(open).rejects.toMatchObject({
      code: 'TRS_PLUGIN_INVALID',
      message: expect.stringContaining('careless'),
    });
    await project.remove();
  });
});
