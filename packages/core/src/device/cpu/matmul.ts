import type { TypedArrayOf } from '../../graph/dtype.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import type { View } from '../../schedule/view.ts';
import { stridedCopy } from './strided-copy.ts';

/** Rows of a and columns of b worked on together; a panel of b stays in the first-level cache. */
const ROWS = 4;
const COLUMNS = 64;

/**
 * Matrix product with a packed panel of b: for each panel of columns, four rows of the result at a time are accumulated in
 * float64 registers' worth of scratch.
 */
export function runMatmul(
  kernel: Extract<Kernel, { kind: 'matmul' }>,
  inputs: readonly TypedArrayOf[],
  output: TypedArrayOf,
): void {
  const { batch, m, k, n } = kernel;
  const [sourceA, sourceB] = inputs;
  if (!sourceA || !sourceB) return;
  const a = new Float32Array(m * k);
  const panel = new Float32Array(k * COLUMNS);
  const sums = new Float32Array(ROWS * COLUMNS);
  for (let one = 0; one < batch; one++) {
    stridedCopy(sourceA, matrixOf(kernel.a, one), 0, m * k, a);
    const matrixB = matrixOf(kernel.b, one);
    for (let column = 0; column < n; column += COLUMNS) {
      const columns = Math.min(COLUMNS, n - column);
      packPanel(sourceB, matrixB, column, columns, panel);
      for (let row = 0; row < m; row += ROWS) {
        const rows = Math.min(ROWS, m - row);
        sums.fill(0);
        multiplyPanel(a, row, rows, k, panel, columns, sums);
        for (let r = 0; r < rows; r++) {
          output.set(sums.subarray(r * COLUMNS, r * COLUMNS + columns), (one * m + row + r) * n + column);
        }
      }
    }
  }
}

const matrixOf = (view: View, index: number): View => ({
  shape: view.shape.slice(1),
  strides: view.strides.slice(1),
  offset: view.offset + index * (view.strides[0] ?? 0),
});

function packPanel(
  source: TypedArrayOf,
  view: View,
  column: number,
  columns: number,
  panel: Float32Array,
): void {
  const [rowStride = 0, columnStride = 0] = view.strides;
  const k = view.shape[0] ?? 0;
  for (let row = 0; row < k; row++) {
    const from = view.offset + row * rowStride + column * columnStride;
    for (let c = 0; c < columns; c++) panel[row * COLUMNS + c] = source[from + c * columnStride] ?? 0;
  }
}

function multiplyPanel(
  a: Float32Array,
  row: number,
  rows: number,
  k: number,
  panel: Float32Array,
  columns: number,
  sums: Float32Array,
): void {
  for (let r = 0; r < rows; r++) {
    const fromA = (row + r) * k;
    const into = r * COLUMNS;
    for (let i = 0; i < k; i++) {
      const factor = a[fromA + i] ?? 0;
      const from = i * COLUMNS;
      for (let c = 0; c < columns; c++)
        sums[into + c] = (sums[into + c] ?? 0) + factor * (panel[from + c] ?? 0);
    }
  }
}
