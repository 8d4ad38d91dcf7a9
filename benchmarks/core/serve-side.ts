// The process of one side: `node serve-side.ts MODULE`. It reads a request a line, and answers a line: `{"open": workload}`
// with the result or the reason why not, `{"measureMs": n}` with the times of single runs.
import process from 'node:process';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { median } from '../runner/median.ts';
import { countDispatches } from './count-dispatches.ts';
import type { Open, Work } from './workload.ts';

interface Request {
  readonly open?: object;
  readonly measureMs?: number;
}

// Some libraries greet on standard output, which is ours.
console.log = console.error;
console.info = console.error;

const [path = ''] = process.argv.slice(2);
let work: Work | undefined;
let dispatches: number | undefined;

async function answer({ open, measureMs = 0 }: Request): Promise<object> {
  if (open) {
    const module: { readonly open: Open<object> } = await import(pathToFileURL(path).href);
    const opened = await module.open(open);
    if ('why' in opened) return opened;
    work = opened;
    await warmUp(opened);
    if (process.env.BENCH_DEVICE === 'webgpu') dispatches = await countDispatches(opened);
    return { result: opened.result };
  }
  if (!work) throw new Error('Nothing is open.');
  return await timesOf(work, measureMs);
}

/** Engines compile twice: quickly at first, well once code has run for a while, beside what else they do. */
const WARM_UP_MS = 500;

async function warmUp({ run }: Work): Promise<void> {
  const from = cpuMs();
  do {
    await run();
    await new Promise((resolve) => setImmediate(resolve));
  } while (cpuMs() - from < WARM_UP_MS);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** With `BENCH_CLOCK=cpu`, the time that the process had a processor: what else a busy machine does is left out of it. */
const now = process.env.BENCH_CLOCK === 'cpu' ? cpuMs : () => performance.now();

/** Runs of less time than that are taken together, for clocks that tick in microseconds. */
const SHORTEST_MS = 0.5;

/** Runs for so long, at least once. Between runs other tasks have their turn, as they have in a program. */
async function timesOf({ run }: Work, measureMs: number): Promise<object> {
  const times: number[] = [];
  let together = 1;
  const startedAt = performance.now();
  while (times.length === 0 || performance.now() - startedAt < measureMs) {
    const from = now();
    for (let n = 0; n < together; n++) {
      const pending = run();
      if (pending) await pending;
    }
    const took = now() - from;
    if (took < SHORTEST_MS) together *= 2;
    else times.push(took / together);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const counted = dispatches === undefined ? {} : { dispatches };
  return { bestMs: Math.min(...times), medianMs: median(times), ...counted };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request: Request = JSON.parse(line);
  const reply = await answer(request).catch((thrown: unknown) => ({
    why: thrown instanceof Error ? thrown.message : String(thrown),
  }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
process.exit(0);
