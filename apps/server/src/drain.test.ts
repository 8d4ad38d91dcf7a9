import { Agent, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startServer } from './index.ts';
import { testServer } from './server.test.setup.ts';

/** Sends requests one after the other over kept connections until the server is gone; tells what each came to. */
async function hammer(url: string): Promise<readonly ('answered' | 'refused' | 'lost')[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: ('answered' | 'refused' | 'lost')[] = [];
  const one = (): Promise<'answered' | 'refused' | 'lost'> =>
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
  while (outcomes.at(-1) !== 'refused') outcomes.push(await one());
  agent.destroy();
  return outcomes;
}

describe('a drain', () => {
  it('loses no request of those that come over open connections', async () => {
    const it1 = await testServer();
    const callers = Array.from({ length: 8 }, () => hammer(it1.server.url));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await it1.stop();
    const outcomes = (await Promise.all(callers)).flat();
    expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeGreaterThan(100);
    expect(outcomes.filter((outcome) => outcome === 'lost')).toEqual([]);
  }, 20_000);

  it('waits for what is under way', async () => {
    const it1 = await testServer();
    const slow = it1.post('/api/v1/echo/slow', { text: 'late', afterMs: 800 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const stopped = it1.stop();
    const response = await slow;
    expect([response.status, response.headers.get('connection'), await response.json()]).toEqual([
      200,
      'close',
      { said: 'late' },
    ]);
    await stopped;
  });

  it('does not wait for ever', async () => {
    const it1 = await testServer({ drainTimeoutMs: 300 });
    const slow = it1.post('/api/v1/echo/slow', { text: 'late', afterMs: 3_000 }).catch(() => 'cut off');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await it1.stop();
    expect(await slow).toBe('cut off');
  }, 10_000);
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
