import { shapeText } from '../graph/shape.ts';
import type { Kernel } from './kernel.ts';

/** What a kernel is, and how large: `matmul [64, 784] x [784, 10]`. */
export function kernelText(kernel: Kernel): string {
  const shape = shapeText(kernel.shape);
  switch (kernel.kind) {
    case 'matmul': {
      const { batch, m, k, n } = kernel;
      const ahead = batch === 1 ? [] : [batch];
      return `matmul ${shapeText([...ahead, m, k])} x ${shapeText([...ahead, k, n])}`;
    }
    case 'reduce':
      return `${kernel.fn} ${shape} of ${kernel.inner} each`;
    case 'rows':
      return `rows ${shapeText([kernel.outer, kernel.inner])} to ${shape} in ${kernel.stages.length} stages`;
    case 'assemble':
      return `assemble ${shape} of ${kernel.pieces.length === 1 ? '1 piece' : `${kernel.pieces.length} pieces`}`;
    case 'gather':
    case 'scatterAdd':
      return `${kernel.kind} ${shape} by ${kernel.count} indices`;
    default:
      return `${kernel.kind} ${shape}`;
  }
}

/** The element-wise functions that a kernel computes on the way, each once, in the order of computation. */
export function fusedFunctions(kernel: Kernel): string[] {
  const found = new Set<string>();
  const seen = new Set<unknown>();
  // Wherever kernels carry expressions, now or later: each is an object somewhere below.
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null || seen.has(part)) return;
    seen.add(part);
    for (const child of Object.values(part)) visit(child);
    if ('kind' in part && part.kind === 'apply' && 'fn' in part) found.add(String(part.fn));
  };
  visit(kernel);
  return [...found];
}
