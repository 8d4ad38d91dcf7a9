import { get, i32, set } from '../assembler.ts';
import { eachUnit } from '../loops.ts';
import { type Phase, phaseScope } from '../program.ts';
import type { Layout } from './layout.ts';
import { TILE_COLUMNS } from './micro-kernel.ts';
import { offsetAt, operandOf } from './operand.ts';
import { packTile } from './pack.ts';

/** Packs all of b; a unit is one panel. */
export function packPhase(layout: Layout, inputCount: number): Phase {
  const { b, k, panels, panelBytes, tables } = layout;
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const source = scope.local('i32');
  const firstLine = scope.local('i32');
  const target = scope.local('i32');
  const batch = i32.divU(get(phase.begin), i32.const(panels));
  const body = [
    set(
      source,
      i32.add(
        get(operandOf(phase, 1)),
        i32.add(i32.const(b.base), offsetAt(b.batch, batch, tables, phase.table)),
      ),
    ),
    set(firstLine, i32.mul(i32.remU(get(phase.begin), i32.const(panels)), i32.const(TILE_COLUMNS))),
    set(target, i32.add(get(phase.sharedScratch), i32.mul(get(phase.begin), i32.const(panelBytes)))),
    packTile({
      scope,
      lines: TILE_COLUMNS,
      lineOffsets: b.columns,
      depthOffsets: b.rows,
      source,
      firstLine,
      from: i32.const(0),
      to: i32.const(k),
      target,
      tables,
      table: phase.table,
    }),
  ];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, body), 'packB'),
    units: b.batch.length * panels,
    unitCost: k * 4,
  };
}
