import type { DType } from '../../graph/dtype.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { argsortProgram } from './argsort.ts';
import { assembleProgram, gatherProgram } from './data-movement.ts';
import { elementwiseProgram } from './elementwise.ts';
import { matmulProgram } from './matmul/matmul.ts';
import { LEAST_TARGET, type Program, type ShaderTarget } from './program.ts';
import { reduceProgram } from './reduce.ts';
import { rowsProgram } from './rows.ts';
import { scatterAddProgram } from './scatter-add.ts';

/**
 * Writes a kernel as shaders for an adapter. `inputTypes` are the element types of its buffers. With `inPlace`, that input is the
 * output's own memory: an element-wise kernel reads it there.
 */
export function wgslOf(
  kernel: Kernel,
  inputTypes: readonly DType[],
  target: ShaderTarget = LEAST_TARGET,
  inPlace?: number,
): Program {
  if (sizeOf(kernel.shape) === 0) return { shaders: [], scratch: [], startsFromZeros: false };
  switch (kernel.kind) {
    case 'elementwise':
      return elementwiseProgram(kernel, inputTypes, inPlace);
    case 'reduce':
      return reduceProgram(kernel, inputTypes, target);
    case 'rows':
      return rowsProgram(kernel, inputTypes, target);
    case 'matmul':
      return matmulProgram(kernel, inputTypes, target);
    case 'assemble':
      return assembleProgram(kernel, inputTypes);
    case 'gather':
      return gatherProgram(kernel, inputTypes);
    case 'argsort':
      return argsortProgram(kernel, inputTypes);
    case 'scatterAdd':
      return scatterAddProgram(kernel, inputTypes);
  }
}
