import type { Expression, Kernel } from '../../schedule/kernel.ts';
import { contiguousView } from '../../schedule/view.ts';
import { sizeOf } from '../../tensor/shape.ts';
import { elementwisePhase } from './elementwise.ts';
import type { WasmFeatures } from './features.ts';
import { matmulProgram } from './matmul/matmul.ts';
import { assembleProgram, gatherProgram, scatterAddProgram } from './movement.ts';
import type { Program } from './program.ts';
import { reduceProgram } from './reduce.ts';
import { rowsProgram } from './rows.ts';

/** Writes the program of a kernel; undefined for kinds that this generator does not know. */
export function programOf(kernel: Kernel, inputCount: number, features: WasmFeatures): Program | undefined {
  const { shape, dtype } = kernel;
  const size = sizeOf(shape);
  const fill = (value: number): Program => {
    const expression: Expression = { kind: 'constant', value, dtype };
    return {
      phases: [elementwisePhase('fill', expression, [size], contiguousView([size]), inputCount, features)],
    };
  };
  if (size === 0) return { phases: [] };
  switch (kernel.kind) {
    case 'elementwise': {
      const view = contiguousView(shape);
      return { phases: [elementwisePhase('map', kernel.expression, shape, view, inputCount, features)] };
    }
    case 'reduce':
      return kernel.inner === 0 ? fill(0) : reduceProgram(kernel, inputCount, features);
    case 'rows':
      return rowsProgram(kernel, inputCount, features);
    case 'matmul':
      return kernel.k === 0 ? fill(0) : matmulProgram(kernel, inputCount, features);
    case 'assemble':
      return assembleProgram(kernel, inputCount, features);
    case 'gather':
      return gatherProgram(kernel, inputCount);
    case 'scatterAdd':
      return scatterAddProgram(kernel, inputCount);
    default:
      return undefined;
  }
}
