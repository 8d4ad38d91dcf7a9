// Changes the conformance cases and runs them, for so many turns:
// node packages/onnx/test/fuzz/fuzz.ts [turns] [seed] [first turn]
import { Worker } from 'node:worker_threads';
import { CASES_FOLDER, NEWER_FOLDER } from '../conformance/cases.ts';

const [turns = 1_000_000, seed = 20261201, first = 0] = process.argv.slice(2).map(Number);
const roots = [CASES_FOLDER, ...(NEWER_FOLDER === undefined ? [] : [NEWER_FOLDER])];
/** A turn that takes longer is ended with its thread, as a server does, and named. */
const LIMIT_MS = 30_000;
/** Of the whole process: a tensor may take 512 MiB, a run 4 GiB. */
const LIMIT_BYTES = 5 * 2 ** 30;

const counts: Record<string, number> = {};
const found: string[] = [];
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};

/** Does turns until one of them ends its thread, or all are done. @returns the turn to go on from */
function runFrom(from: number): Promise<number> {
  return new Promise((done) => {
    const worker = new Worker(new URL('fuzz.worker.ts', import.meta.url), {
      workerData: { seed, from, to: first + turns, roots },
      execArgv: ['--no-warnings'],
      resourceLimits: { maxOldGenerationSizeMb: 2_048 },
    });
    let [at, name, since] = [from, '', performance.now()];
    const watch = setInterval(() => {
      if (performance.now() - since < LIMIT_MS) return;
      count('ended after 30 s');
      found.push(`turn ${at}, ${name}: not done after ${LIMIT_MS} ms`);
      finish(at + 1);
    }, 1_000);
    const finish = (goOn: number): void => {
      clearInterval(watch);
      worker.removeAllListeners();
      worker.on('error', () => {});
      void worker.terminate();
      done(goOn);
    };
    worker.on('message', (message) => {
      if ('at' in message) {
        ({ at, name } = message);
        since = performance.now();
        if (at % 50_000 === 0) console.error(`turn ${at}`, counts);
        return;
      }
      count(message.outcome);
      if (process.memoryUsage.rss() > LIMIT_BYTES) {
        count('took more than 5 GiB');
        found.push(`turn ${at}, ${name}: ${(process.memoryUsage.rss() / 2 ** 30).toFixed(1)} GiB`);
        finish(at + 1);
      }
      if (message.outcome === 'thrown') found.push(`turn ${at}, ${name}: ${message.thrown}`);
    });
    worker.on('error', (thrown) => {
      count('crashed');
      found.push(`turn ${at}, ${name}: ${thrown}`);
      finish(at + 1);
    });
    worker.on('exit', () => finish(first + turns));
  });
}

const begun = performance.now();
for (let at = first; at < first + turns; ) at = await runFrom(at);
const minutes = (performance.now() - begun) / 60_000;
console.log(`${turns} turns from ${first} on with the seed ${seed} in ${minutes.toFixed(1)} minutes`);
for (const [what, times] of Object.entries(counts)) console.log(`- ${what}: ${times}`);
for (const one of found) console.log(one);
if (found.length > 0) process.exitCode = 1;
