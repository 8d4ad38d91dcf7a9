import process from 'node:process';
import { Pool } from 'undici';

// A process of its own, so that the client takes nothing of the thread that is measured: `node load.ts URL PATH BODY CLIENTS MS PAUSE`
// asks again and again over so many connections, each with a pause behind its answer, and says what it found.
const [origin = '', path = '', body = '', clients = '1', forMs = '1000', pauseMs = '0'] =
  process.argv.slice(2);
const pool = new Pool(origin, { connections: Number(clients), pipelining: 1 });
const headers = { 'content-type': 'application/json' };
const times: number[] = [];
let failed = 0;
const ask = async (): Promise<void> => {
  const startedAt = performance.now();
  const answer = await pool.request({ method: 'POST', path, headers, body });
  await answer.body.text();
  if (answer.statusCode === 200) times.push(performance.now() - startedAt);
  else failed++;
};
const until = performance.now() + Number(forMs);
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: Number(clients) }, async () => {
    while (performance.now() < until) {
      await ask();
      if (Number(pauseMs) > 0) await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
    }
  }),
);
const seconds = (performance.now() - startedAt) / 1_000;
await pool.close();
times.sort((a, b) => a - b);
const quantile = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN;
process.stdout.write(
  JSON.stringify({ perSecond: times.length / seconds, p50: quantile(0.5), p99: quantile(0.99), failed }),
);
