import type { DType } from '../../../graph/dtype.ts';
import type { Expression } from '../../../schedule/kernel.ts';
import type { View } from '../../../schedule/view.ts';
import type { Program, ShaderTarget } from '../program.ts';
import { reductionProgram } from '../reduce.ts';
import { byQuads, fitsQuads } from './by-quads.ts';
import { byRegisters } from './by-registers.ts';
import { byTiles } from './by-tiles.ts';
import { labelOf, type Matmul } from './product.ts';

export function matmulProgram(kernel: Matmul, inputTypes: readonly DType[], target: ShaderTarget): Program {
  const { a, b, m, n } = kernel;
  const isPlain = [a, b].every(({ shape, split }) => shape.length === 3 && split[0] === 1 && split[1] === 2);
  if (isPlain && (m === 1 || n === 1)) return matrixVector(kernel, inputTypes, target);
  if (target.isSoftware)
    return fitsQuads(kernel, target) ? byQuads(kernel, inputTypes) : byRegisters(kernel, inputTypes);
  return byTiles(kernel, inputTypes, target);
}

/** With a vector on one side, a product is a sum of products over k. */
function matrixVector(kernel: Matmul, inputTypes: readonly DType[], target: ShaderTarget): Program {
  const { batch, m, n, k, a, b, epilogue, shape, dtype } = kernel;
  const load = (input: number, view: View): Expression => ({ kind: 'load', input, view, dtype: 'float32' });
  const [batchA = 0, rowsA = 0, depthA = 0] = a.strides;
  const [batchB = 0, depthB = 0, columnsB = 0] = b.strides;
  const whole = [batch, m, n, k];
  const expression: Expression = {
    kind: 'apply',
    fn: 'mul',
    dtype: 'float32',
    operands: [
      load(0, { shape: whole, strides: [batchA, rowsA, 0, depthA], offset: a.offset }),
      load(1, { shape: whole, strides: [batchB, 0, columnsB, depthB], offset: b.offset }),
    ],
  };
  return reductionProgram(
    {
      label: labelOf(kernel),
      fn: 'sum',
      rows: batch * m * n,
      inner: k,
      expression,
      outerAxes: 3,
      outputRank: shape.length,
      epilogue,
      dtype,
      inputTypes,
    },
    target,
  );
}
