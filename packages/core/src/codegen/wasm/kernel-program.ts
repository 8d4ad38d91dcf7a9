import { sizeOf } from '../../graph/shape.ts';
import { expressionMapper } from '../../schedule/expression.ts';
import type { Expression, Kernel } from '../../schedule/kernel.ts';
import { contiguousView } from '../../schedule/view.ts';
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
  /** The sum of nothing, and what an epilogue makes of it. */
  const empty = (epilogue: Expression | undefined): Program => {
    const zero: Expression = { kind: 'constant', value: 0, dtype: epilogue ? 'float32' : dtype };
    const fill = expressionMapper((inner) =>
      inner.kind === 'accumulator' ? { ...zero, dtype: inner.dtype } : inner,
    );
    const expression = epilogue ? fill(epilogue) : zero;
    return {
      phases: [elementwisePhase('fill', expression, shape, contiguousView(shape), inputCount, features)],
    };
  };
  if (size === 0) return { phases: [] };
  switch (kernel.kind) {
    case 'elementwise': {
      const view = contiguousView(shape);
      return { phases: [elementwisePhase('map', kernel.expression, shape, view, inputCount, features)] };
    }
    case 'reduce':
      return kernel.inner === 0 ? empty(kernel.epilogue) : reduceProgram(kernel, inputCount, features);
    case 'rows':
      return rowsProgram(kernel, inputCount, features);
    case 'matmul':
      return kernel.k === 0 ? empty(kernel.epilogue) : matmulProgram(kernel, inputCount, features);
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
