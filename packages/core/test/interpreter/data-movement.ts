import type { TypedArrayOf } from '../../src/graph/dtype.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Kernel } from '../../src/schedule/kernel.ts';
import { stridedCopy } from './strided-copy.ts';

/** Puts each piece at its offset into zeros, one innermost row at a time. */
export function runAssemble(
  kernel: Extract<Kernel, { kind: 'assemble' }>,
  inputs: readonly TypedArrayOf[],
  output: TypedArrayOf,
): void {
  for (const { input, view, offset, strides } of kernel.pieces) {
    const source = inputs[input];
    if (!source) continue;
    const row = view.shape.at(-1) ?? 1;
    const rows = row === 0 ? 0 : sizeOf(view.shape) / row;
    for (let at = 0; at < rows; at++) {
      let place = offset;
      let rest = at;
      for (let axis = view.shape.length - 2; axis >= 0; axis--) {
        const length = view.shape[axis] ?? 1;
        place += (rest % length) * (strides[axis] ?? 0);
        rest = Math.floor(rest / length);
      }
      stridedCopy(source, view, at * row, row, output.subarray(place, place + row));
    }
  }
}

export function runGather(
  kernel: Extract<Kernel, { kind: 'gather' }>,
  inputs: readonly TypedArrayOf[],
  output: TypedArrayOf,
): void {
  const [table, indices] = inputs;
  if (!table || !indices) return;
  const { outer, length, inner, count } = kernel;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      const index = indices[i] ?? -1;
      if (index < 0 || index >= length) continue;
      const from = (o * length + index) * inner;
      output.set(table.subarray(from, from + inner), (o * count + i) * inner);
    }
  }
}

export function runScatterAdd(
  kernel: Extract<Kernel, { kind: 'scatterAdd' }>,
  inputs: readonly TypedArrayOf[],
  output: TypedArrayOf,
): void {
  const [rows, indices] = inputs;
  if (!rows || !indices) return;
  const { outer, length, inner, count } = kernel;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < count; i++) {
      const index = indices[i] ?? -1;
      if (index < 0 || index >= length) continue;
      const from = (o * count + i) * inner;
      const into = (o * length + index) * inner;
      for (let x = 0; x < inner; x++) output[into + x] = (output[into + x] ?? 0) + (rows[from + x] ?? 0);
    }
  }
}
