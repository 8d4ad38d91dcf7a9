import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';

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
async function keepAsking(url: string, onAnswer: () => void): Promise<readonly Outcome[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: Outcome[] = [];
  while (outcomes.at(-1) !== 'refused') {
    const { outcome, status } = await ask(`${url}/api/v1/echo/say?text=a`, agent);
    outcomes.push(status === undefined || status === 200 ? outcome : 'lost');
    if (outcome === 'answered') onAnswer();
  }
  agent.destroy();
  return outcomes;
}

interface Probe {
  readonly socket: Socket;
  readonly path: string;
}

async function openProbe(url: string, path: string): Promise<Probe> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  await once(socket, 'connect');
  return { socket, path };
}

/** Asks until the answer is no longer 200, which also closes the connection. */
async function untilNotReady({ socket, path }: Probe): Promise<string> {
  for (;;) {
    socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
    const answer = String((await once(socket, 'data'))[0]);
    if (!answer.startsWith('HTTP/1.1 200 ')) return answer;
  }
}

describe('a server process that is told to end', () => {
  it('is not ready any more, answers all that reached it, and ends with 0', async () => {
    const server = fork(SERVE, { execArgv: ['--experimental-strip-types'], stdio: 'inherit' });
    const [url] = await once(server, 'message');
    let answered = 0;
    const callers = Array.from({ length: 16 }, () => keepAsking(String(url), () => answered++));
    // Load balancers' probes, on connections that are open already.
    const probes = await Promise.all(['/readyz', '/echo/ready'].map((path) => openProbe(String(url), path)));
    await vi.waitUntil(() => answered > 100, { timeout: 30_000 });
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    for (const answer of await Promise.all(probes.map(untilNotReady))) {
      expect(answer).toMatch(/^HTTP\/1.1 503 /);
      expect(answer).toContain('it is draining');
    }
    const outcomes = (await Promise.all(callers)).flat();
    expect(outcomes.filter((outcome) => outcome === 'answered').length).toBeGreaterThan(100);
    expect(outcomes.filter((outcome) => outcome === 'lost')).toEqual([]);
    expect(await ended).toEqual([0, null]);
  });
});
