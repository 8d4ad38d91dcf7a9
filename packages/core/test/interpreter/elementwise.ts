import type { TypedArrayOf } from '../../src/graph/dtype.ts';
import type { Kernel } from '../../src/schedule/kernel.ts';
import { BLOCK, blockEvaluator } from './evaluate-block.ts';

export function runElementwise(
  kernel: Extract<Kernel, { kind: 'elementwise' }>,
  inputs: readonly TypedArrayOf[],
  output: TypedArrayOf,
): void {
  const evaluate = blockEvaluator(kernel.expression, inputs);
  for (let from = 0; from < output.length; from += BLOCK) {
    const count = Math.min(BLOCK, output.length - from);
    const values = evaluate(from, count);
    output.set(values.length === count ? values : values.subarray(0, count), from);
  }
}
