import type { TypedArrayOf } from '../../src/graph/dtype.ts';
import type { Kernel } from '../../src/schedule/kernel.ts';

/** Each element of the result as its definition says, summed in float64. */
export function runMatmul(
  kernel: Extract<Kernel, { kind: 'matmul' }>,
  [sourceA, sourceB]: readonly TypedArrayOf[],
  output: TypedArrayOf,
): void {
  if (!sourceA || !sourceB) return;
  const { batch, m, k, n, a, b } = kernel;
  const [batchA = 0, rowA = 0, innerA = 0] = a.strides;
  const [batchB = 0, innerB = 0, columnB = 0] = b.strides;
  for (let one = 0; one < batch; one++) {
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        const fromA = a.offset + one * batchA + row * rowA;
        const fromB = b.offset + one * batchB + column * columnB;
        let sum = 0;
        for (let i = 0; i < k; i++)
          sum += (sourceA[fromA + i * innerA] ?? 0) * (sourceB[fromB + i * innerB] ?? 0);
        output[(one * m + row) * n + column] = sum;
      }
    }
  }
}
