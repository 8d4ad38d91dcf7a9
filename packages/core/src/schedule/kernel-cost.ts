import { sizeOf } from '../graph/shape.ts';
import { operationsOf } from './expression.ts';
import type { Kernel } from './kernel.ts';

/** Arithmetic operations of a kernel, for profiles: a multiplication and an addition count as two. */
export function kernelOperations(kernel: Kernel): number {
  const size = sizeOf(kernel.shape);
  switch (kernel.kind) {
    case 'elementwise':
      return size * operationsOf(kernel.expression);
    case 'reduce':
      return size * (kernel.inner * (1 + operationsOf(kernel.expression)) + operationsOf(kernel.epilogue));
    case 'rows': {
      const perElement = kernel.stages.reduce((sum, stage) => sum + 1 + operationsOf(stage.expression), 0);
      return kernel.outer * kernel.inner * (perElement + operationsOf(kernel.result));
    }
    case 'matmul':
      return size * (2 * kernel.k + operationsOf(kernel.epilogue));
    case 'scatterAdd':
      return kernel.outer * kernel.count * kernel.inner;
    default:
      return 0;
  }
}
