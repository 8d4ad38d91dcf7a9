import { Agent, request } from 'node:http';
import { describe, expect, it, vi } from 'vitest';
import { startServer } from './index.ts';
import { type TestServer, testServer } from './server.test.setup.ts';
import { begun } from './test-plugin.test.setup.ts';

type Outcome = 'answered' | 'refused' | 'lost';

/** Sends requests one after the other over kept connections until the server is gone; tells what each came to. */
async function hammer(url: string, outcomes: Outcome[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const one = (): Promise<Outcome> =>
    new Promise((resolve) => {
      const req = request(`${url}/api/v1/echo/say?text=a`, { agent }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode === 200 ? 'answered' : 'lost'));
        response.on('error', () => resolve('lost'));
      });
      // Never connected is refused, and the caller goes elsewhere; anything else after that is a loss.
      req.on('error', (error: NodeJS.ErrnoException) =>
        resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'lost'),
      );
      req.end();
    });
  for (;;) {
    const outcome = await one();
    outcomes.push(outcome);
    if (outcome === 'refused') break;
  }
  agent.destroy();
}

/** A slow request that has reached its operation. */
async function slowRequest(
  it1: TestServer,
  afterMs: number,
): Promise<{ readonly response: Promise<Response> }> {
  const before = begun.count;
  const response = it1.post('/api/v1/echo/slow', { text: 'late', afterMs });
  // It may fail before anybody looks.
  response.catch(() => undefined);
  await vi.waitUntil(() => begun.count > before, { timeout: 20_000 });
  return { response };
}

describe('a drain', () => {
  it('loses no request of those that come over open connections', async () => {
    const it1 = await testServer();
    const outcomes: Outcome[] = [];
    const callers = Array.from({ length: 8 }, () => hammer(it1.server.url, outcomes));
    await vi.waitUntil(() => outcomes.length > 100, { timeout: 20_000 });
    await it1.stop();
    await Promise.all(callers);
    expect(outcomes.filter((outcome) => outcome === 'lost')).toEqual([]);
  });

  it('waits for what is under way', async () => {
    const it1 = await testServer();
    const slow = await slowRequest(it1, 800);
    const stopped = it1.stop();
    const response = await slow.response;
    expect([response.status, response.headers.get('connection'), await response.json()]).toEqual([
      200,
      'close',
      { said: 'late' },
    ]);
    await stopped;
  });

  it('does not wait for ever', async () => {
    const it1 = await testServer({ drainTimeoutMs: 300 });
    const slow = await slowRequest(it1, 20_000);
    await it1.stop();
    await expect(slow.response).rejects.toThrow();
  });
});

describe('starting', () => {
  it('says so when the port is in use', async () => {
    const it1 = await testServer();
    const port = Number(new URL(it1.server.url).port);
    const other = await testServer();
    await expect(startServer(other.host, { port, host: '127.0.0.1' })).rejects.toMatchObject({
      code: 'TRS_SERVER_PORT_IN_USE',
    });
    await other.stop();
    await it1.stop();
  });
});
