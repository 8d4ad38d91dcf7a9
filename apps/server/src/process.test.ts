import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SERVE = fileURLToPath(new URL('./serve.process.test.setup.ts', import.meta.url));

type Outcome = 'answered' | 'refused' | 'lost';

const ask = (url: string, agent: Agent): Promise<{ outcome: Outcome; status: number | undefined }> =>
  new Promise((resolve) => {
    const asked = request(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => resolve({ outcome: 'answered', status: response.statusCode }));
      response.on('error', () => resolve({ outcome: 'lost', status: undefined }));
    });
    // Never connected is refused, and the caller goes elsewhere; anything after that is a loss.
    asked.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ outcome: error.code === 'ECONNREFUSED' ? 'refused' : 'lost', status: undefined }),
    );
    asked.end();
  });

/** Asks over one kept connection until there is nobody to ask. */
async function keepAsking(url: string): Promise<readonly Outcome[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: Outcome[] = [];
  while (outcomes.at(-1) !== 'refused') {
    const { outcome, status } = await ask(`${url}/api/v1/echo/say?text=a`, agent);
    outcomes.push(status === undefined || status === 200 ? outcome : 'lost');
  }
  agent.destroy();
  return outcomes;
}

describe('a server process that is told to end', () => {
  it('is not ready any more, answers all that reached it, and ends with 0', async () => {
    const server = fork(SERVE, { execArgv: ['--experimental-strip-types'], stdio: 'inherit' });
    const [url] = await once(server, 'message');
    const callers = Array.from({ length: 16 }, () => keepAsking(String(url)));
    // A load balancer's probe, on a connection that is open already.
    const probe = connect(Number(new URL(url).port), '127.0.0.1');
    await once(probe, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await new Promise((resolve) => setTimeout(resolve, 100));
    probe.write('GET /readyz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const [answer] = await once(probe, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 503 /);
    expect(String(answer)).toContain('it is draining');
    const outcomes = (await Promise.all(callers)).flat();
    expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeGreaterThan(100);
    expect(outcomes.filter((outcome) => outcome === 'lost')).toEqual([]);
    expect(await ended).toEqual([0, null]);
  });
});
