import type { TypedArrayOf } from '../../src/graph/dtype.ts';
import type { Kernel } from '../../src/schedule/kernel.ts';
import { BLOCK, blockEvaluator } from './evaluate-block.ts';

/** Sums are kept in float64 and rounded once, so that long sums do not lose their small terms. */
export function runReduce(
  kernel: Extract<Kernel, { kind: 'reduce' }>,
  inputs: readonly TypedArrayOf[],
  output: TypedArrayOf,
): void {
  const evaluate = blockEvaluator(kernel.expression, inputs);
  const { inner, fn } = kernel;
  for (let at = 0; at < output.length; at++) {
    let folded = { sum: 0, max: Number.NEGATIVE_INFINITY, min: Number.POSITIVE_INFINITY }[fn];
    for (let from = 0; from < inner; from += BLOCK) {
      const count = Math.min(BLOCK, inner - from);
      const values = evaluate(at * inner + from, count);
      if (fn === 'sum') for (let i = 0; i < count; i++) folded += values[i] ?? 0;
      else {
        const extreme = fn === 'max' ? Math.max : Math.min;
        for (let i = 0; i < count; i++) folded = extreme(folded, values[i] ?? 0);
      }
    }
    output[at] = folded;
  }
}
