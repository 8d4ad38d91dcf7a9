// Is a request lost while versions are switched and processes are replaced? Asks a deployment over kept connections all the time, and
// counts what is not answered with 200.
//
//   node benchmarks/serving/no-request-lost.js [--each 20] [--least 100000] [--processes 2] [--connections 16]
//
// Exits with 1 where one was lost.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const { values } = parseArgs({
  options: {
    each: { type: 'string', default: '20' },
    least: { type: 'string', default: '100000' },
    processes: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
  },
});
const [each, least, connections] = [Number(values.each), Number(values.least), Number(values.connections)];
const BIN = fileURLToPath(new URL('../../apps/cli/bin/trestle.js', import.meta.url));
const dir = await mkdtemp(join(tmpdir(), 'no-request-lost-'));
const run = promisify(execFile);
/** @param {string[]} args */
const local = (...args) => run(process.execPath, [BIN, ...args, '--json'], { cwd: dir });

const rows = Array.from({ length: 400 }, (_, i) => {
  const x = ((i * 37) % 100) / 50 - 1;
  return `${x},${i % 3 === 0 ? 'a' : 'b'},${x + ((i * 13) % 10) / 40 > 0.1 ? 'yes' : 'no'}`;
});
await writeFile(join(dir, 'rows.csv'), `x,group,label\n${rows.join('\n')}\n`);
await writeFile(
  join(dir, 'trestle.config.json'),
  JSON.stringify({ server: { rateLimit: { max: 10_000_000 } } }),
);
await local('data', 'add', 'rows.csv', '--name', 'rows');
for (const seed of ['1', '2'])
  await local(
    'train',
    '--data',
    'rows',
    '--target',
    'label',
    '--estimator',
    'linear',
    '--seed',
    seed,
    '--register',
    'm',
  );
await local('model', 'promote', 'm', '1', '--alias', 'champion');
await local('deploy', 'm@champion', '--name', 'd');

const server = spawn(process.execPath, [BIN, 'serve', '--port', '0', '--processes', values.processes], {
  cwd: dir,
  stdio: ['ignore', 'pipe', 'pipe'],
});
let told = '';
server.stderr.setEncoding('utf8').on('data', (text) => {
  told += text;
});
const [first] = await once(server.stdout, 'data');
const [url = ''] = /http:\/\/\S+/.exec(String(first)) ?? [];

/** @param {string} operation @param {object} input */
const api = async (operation, input) => {
  const response = await fetch(`${url}/api/v1/${operation}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(`${operation}: ${response.status} ${await response.text()}`);
  return await response.json();
};

const body = JSON.stringify({ rows: [{ x: 0.5, group: 'a' }] });
const failed = new Map();
const versions = new Map();
let answered = 0;
let isOver = false;
/** @param {Agent} agent @returns {Promise<{ status: unknown, text: string }>} */
const ask = (agent) =>
  new Promise((resolve) => {
    const asked = request(
      `${url}/v1/predict/d`,
      { agent, method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
        response.on('error', (error) => resolve({ status: error.message, text: '' }));
      },
    );
    asked.on('error', (error) => resolve({ status: error.message, text: '' }));
    asked.end(body);
  });
const keepAsking = async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (!isOver) {
    const { status, text } = await ask(agent);
    if (status === 200) {
      answered += 1;
      const { version } = JSON.parse(text).model;
      versions.set(version, (versions.get(version) ?? 0) + 1);
    } else failed.set(status, (failed.get(status) ?? 0) + 1);
  }
  agent.destroy();
};
const callers = Array.from({ length: connections }, keepAsking);

const replaced = () => told.split('all processes of the server are new').length - 1;
const restarts = async () => {
  const before = replaced();
  server.kill('SIGHUP');
  while (replaced() === before) await wait(50);
};
/** @type {Record<string, (at: number) => Promise<unknown>>} */
const steps = {
  'swaps of the model (deploy)': async (at) =>
    await api('deploy', { model: at % 2 ? 'm@champion' : 'm@2', name: 'd' }),
  'promotions of an alias': async (at) => {
    if (at === 0) await api('deploy', { model: 'm@champion', name: 'd' });
    await api('model/promote', { name: 'm', version: 1 + ((at + 1) % 2), alias: 'champion' });
  },
  'rollbacks of an alias': async () => await api('model/rollback', { name: 'm', alias: 'champion' }),
  'rolling restarts': restarts,
};
const startedAt = performance.now();
const lines = [];
for (const [name, step] of Object.entries(steps)) {
  const before = answered;
  for (let at = 0; at < each; at++) {
    await step(at);
    await wait(200);
  }
  lines.push(`| ${name} | ${each} | ${answered - before} |`);
  process.stderr.write(`${name}: ${answered} answered, failed ${JSON.stringify([...failed])}\n`);
}
while (answered < least) await wait(100);
isOver = true;
await Promise.all(callers);
const lost = [...failed.values()].reduce((sum, count) => sum + count, 0);
const metrics = await (await fetch(`${url}/metrics`)).text();
const seen = [...metrics.matchAll(/^trestle_inference_requests_total\{.*outcome="answered"\} (\d+)/gm)];
const counted = seen.reduce((sum, [, count]) => sum + Number(count), 0);
server.kill('SIGTERM');
const [code] = await once(server, 'exit');
process.stdout.write(
  [
    `${values.processes} processes, ${connections} kept connections, ${Math.round((performance.now() - startedAt) / 1_000)} s`,
    '',
    '| what went on | times | answered meanwhile |',
    '| --- | --- | --- |',
    ...lines,
    '',
    `Answered ${answered}, failed ${lost}${lost > 0 ? ` (${JSON.stringify([...failed])})` : ''}; by version ${JSON.stringify([...versions])}.`,
    `The metrics of all processes, those that are gone among them, say ${counted} answered. SIGTERM: exit code ${code}.`,
    '',
  ].join('\n'),
);
if (lost > 0) process.stderr.write(told);
await rm(dir, { recursive: true, force: true });
process.exitCode = lost > 0 ? 1 : 0;
