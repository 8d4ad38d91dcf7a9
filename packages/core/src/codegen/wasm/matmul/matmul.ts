import type { Kernel } from '../../../schedule/kernel.ts';
import type { FunctionCode } from '../assembler.ts';
import { finishPhase } from '../elementwise.ts';
import type { WasmFeatures } from '../features.ts';
import { type Program, WORD } from '../program.ts';
import { reduceProgram } from '../reduce.ts';
import { finishOf } from './finish-block.ts';
import { DEPTH, type Layout, layOut, stepOf, tileHeights, tileWidths } from './layout.ts';
import { microKernel, TILE_COLUMNS } from './micro-kernel.ts';
import { multiplyPhase } from './multiply-phase.ts';
import { packPhase } from './pack-phase.ts';
import { asReduce } from './vector-product.ts';

/** Matrix product with packed panels around a register-blocked micro-kernel (Goto and van de Geijn 2008). */
export function matmulProgram(
  kernel: Extract<Kernel, { kind: 'matmul' }>,
  inputCount: number,
  features: WasmFeatures,
): Program {
  const line = asReduce(kernel);
  if (line) return reduceProgram(line, inputCount, features);
  const layout = layOut(kernel);
  const { epilogue, shape } = kernel;
  const finish = epilogue && finishOf(epilogue, shape, kernel.n);
  const helpers = [...microKernels(layout, features)];
  const phases = layout.isBDirect ? [] : [packPhase(layout, inputCount)];
  return {
    helpers,
    phases: [
      ...phases,
      multiplyPhase(layout, inputCount, features, finish),
      ...(epilogue && !finish ? [finishPhase(epilogue, shape, inputCount, features)] : []),
    ],
    sharedScratch: layout.isBDirect ? 0 : layout.b.batch.length * layout.panels * layout.panelBytes + 64,
    threadScratch: layout.isADirect ? 0 : layout.blockRows * Math.min(layout.k, DEPTH) * WORD + 64,
    table: layout.tables.table,
  };
}

/** Kernels for whole and last tiles: [rows][columns], where index 1 is the last one, if it is smaller. */
function microKernels(layout: Layout, features: WasmFeatures): FunctionCode[] {
  const { a, b, n, isADirect, isBDirect } = layout;
  return tileHeights(layout).flatMap((rows) =>
    tileWidths(layout).map((columns) =>
      microKernel(
        {
          name: `tile${rows}x${columns}`,
          rows,
          columns,
          aRow: isADirect ? stepOf(a.rows) : WORD,
          aStep: isADirect ? stepOf(a.columns) : rows * WORD,
          bStep: isBDirect ? stepOf(b.rows) : TILE_COLUMNS * WORD,
          cRow: n * WORD,
        },
        features,
      ),
    ),
  );
}
