import type { ExecutorModule } from '@trestle/contracts';
import { type Model, openModel } from '@trestle/model';
import type { Executor } from '@trestle/onnx';
import { servingError } from '../serving-error.ts';

/** How an executor did with a model's golden examples. */
export interface Measured {
  readonly executor: string;
  /** Whether it answers them within their tolerance. */
  readonly agrees: boolean;
  /** The median time of one row, in milliseconds; undefined where it was not measured. */
  readonly ms?: number;
  /** Why it is out of the question, or what was measured. */
  readonly detail: string;
}

const WARM_UP = 3;
const MOST_CALLS = 200;
const MOST_MS = 150;

/** Loads the executor of a module. @throws TRS_SERVING_EXECUTOR_INVALID */
export async function loadExecutor({ name, module }: ExecutorModule): Promise<Executor> {
  const loaded: unknown = (await import(module)).default;
  if (isExecutor(loaded)) return loaded;
  throw servingError('EXECUTOR_INVALID', {
    kind: 'failed',
    message: `The module of the executor "${name}" has no executor as its default export.`,
    hint: 'It exports `{ name, open }` as its default: see Executor of @trestle/onnx.',
    details: { executor: name },
  });
}

const isExecutor = (value: unknown): value is Executor =>
  typeof value === 'object' && value !== null && 'open' in value && typeof value.open === 'function';

/**
 * Tries executors on the golden examples of a model: whether they answer them, and how long a row takes. One after the other, so
 * that none waits for another; at most some 150 ms each.
 */
export async function measureExecutors(
  bytes: Uint8Array,
  candidates: readonly ExecutorModule[],
): Promise<readonly Measured[]> {
  const measured: Measured[] = [];
  for (const candidate of candidates) {
    const executor = candidate.name;
    try {
      const model = await openModel(bytes, {}, await loadExecutor(candidate));
      try {
        measured.push({ executor, ...(await measure(model)) });
      } finally {
        await model.close();
      }
    } catch (thrown) {
      measured.push({
        executor,
        agrees: false,
        detail: thrown instanceof Error ? thrown.message : String(thrown),
      });
    }
  }
  return measured;
}

async function measure(model: Model): Promise<Omit<Measured, 'executor'>> {
  const rows = model.examples;
  const { verified, checks } = await model.verify();
  if (!verified) return { agrees: false, detail: checks.map(({ detail }) => detail).join(' ') };
  if (rows.length === 0)
    return { agrees: true, detail: 'The model brings no golden examples to measure with.' };
  const times: number[] = [];
  const startedAt = performance.now();
  for (let call = 0; call < MOST_CALLS + WARM_UP; call++) {
    const row = rows[call % rows.length] ?? {};
    const before = performance.now();
    await model.predict([row]);
    const after = performance.now();
    if (call >= WARM_UP) times.push(after - before);
    if (after - startedAt > MOST_MS && times.length > 0) break;
  }
  times.sort((a, b) => a - b);
  const ms = times[Math.floor(times.length / 2)] ?? Number.NaN;
  return { agrees: true, ms, detail: `${ms.toPrecision(3)} ms for a row` };
}

/**
 * The fastest of those that agree. Where the model brings nothing to measure with, or none agrees, the first: that of the core.
 */
export function fastest(measured: readonly Measured[]): string {
  const [first, ...others] = measured;
  const best = others.reduce(
    (best, one) =>
      one.agrees && one.ms !== undefined && !(best?.agrees && (best.ms ?? 0) <= one.ms) ? one : best,
    first,
  );
  return best?.executor ?? 'core';
}
