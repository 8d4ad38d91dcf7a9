import { isSameShape } from '../../../graph/shape.ts';
import type { Expression, Kernel, MatrixView } from '../../../schedule/kernel.ts';
import { canFinishFold } from './finish-block.ts';

/** A product with a vector is a fold: it runs at the speed of memory. */
export function asReduce(
  kernel: Extract<Kernel, { kind: 'matmul' }>,
): Extract<Kernel, { kind: 'reduce' }> | undefined {
  const { a, b, m, n, k } = kernel;
  if ((m !== 1 && n !== 1) || k < 2) return undefined;
  const parts = (view: MatrixView, from: number, to: number): { shape: number[]; strides: number[] } => ({
    shape: view.shape.slice(from, to),
    strides: view.strides.slice(from, to),
  });
  const [aBatch, aRows, aDepth] = [
    parts(a, 0, a.split[0]),
    parts(a, ...a.split),
    parts(a, a.split[1], a.shape.length),
  ];
  const [bBatch, bDepth, bColumns] = [
    parts(b, 0, b.split[0]),
    parts(b, ...b.split),
    parts(b, b.split[1], b.shape.length),
  ];
  if (!isSameShape(aBatch.shape, bBatch.shape) || !isSameShape(aDepth.shape, bDepth.shape)) return undefined;
  const kept = n === 1 ? aRows.shape : bColumns.shape;
  if (!canFinishFold(kernel.epilogue, [...aBatch.shape, ...kept])) return undefined;
  const still = kept.map(() => 0);
  const shape = [...aBatch.shape, ...kept, ...aDepth.shape];
  const load = (input: number, offset: number, ...strides: readonly number[]): Expression => ({
    kind: 'load',
    input,
    view: { shape, strides, offset },
    dtype: 'float32',
  });
  const left = load(0, a.offset, ...aBatch.strides, ...(n === 1 ? aRows.strides : still), ...aDepth.strides);
  const right = load(
    1,
    b.offset,
    ...bBatch.strides,
    ...(n === 1 ? still : bColumns.strides),
    ...bDepth.strides,
  );
  return {
    kind: 'reduce',
    fn: 'sum',
    shape: kernel.shape,
    dtype: kernel.dtype,
    inner: k,
    innerShape: aDepth.shape,
    expression: { kind: 'apply', fn: 'mul', operands: [left, right], dtype: 'float32' },
    ...(kernel.epilogue && { epilogue: kernel.epilogue }),
  };
}
