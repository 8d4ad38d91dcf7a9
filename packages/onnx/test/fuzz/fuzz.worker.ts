import { parentPort, workerData } from 'node:worker_threads';
import { conformanceCases, modelBytes } from '../conformance/cases.ts';
import { numbers, turn } from './turn.ts';

/** Does turns from one on, and says before each which it is, and behind each what came of it. */
const { seed, from, to, roots }: { seed: number; from: number; to: number; roots: readonly string[] } =
  workerData;
const cases = roots.flatMap((root) => conformanceCases(root));
for (let at = from; at < to; at++) {
  const next = numbers(Math.imul(seed, 0x9e3779b1) + at);
  const one = cases[next(cases.length)];
  if (!one) break;
  parentPort?.postMessage({ at, name: one.name });
  try {
    parentPort?.postMessage({ outcome: await turn(modelBytes(one), next) });
  } catch (thrown) {
    parentPort?.postMessage({
      outcome: 'thrown',
      thrown: thrown instanceof Error ? thrown.stack : String(thrown),
    });
  }
}
