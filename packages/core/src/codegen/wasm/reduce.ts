import type { WasmFeatures } from './features.ts';
import { keptShape, type Reduce } from './fold-nest.ts';
import { placedLeaves } from './leaves.ts';
import { coalesce } from './loops.ts';
import type { Program } from './program.ts';
import { foldColumns } from './reduce-columns.ts';
import { foldRows } from './reduce-rows.ts';

/** Folds an expression over its last axes. */
export function reduceProgram(kernel: Reduce, inputCount: number, features: WasmFeatures): Program {
  const kept = keptShape(kernel);
  const leaves = placedLeaves([kernel.expression]);
  const shape = [...kept, ...kernel.innerShape];
  const merged = coalesce(
    shape,
    leaves.map((leaf) => leaf.view),
    kept.length,
  );
  const strides = (axis: number): number[] => merged.strides.map((own) => own[axis] ?? 0);
  const lastKept = strides(merged.boundary - 1);
  const lastReduced = strides(merged.lengths.length - 1);
  // Whichever axis the loads walk element by element, or not at all, is the one to take four of at a time.
  const apart = (list: readonly number[]): number =>
    list.filter((stride) => stride !== 0 && stride !== 1).length;
  const isReducedLong = merged.lengths.length > merged.boundary;
  const isByColumns =
    merged.boundary > 0 &&
    (merged.lengths[merged.boundary - 1] ?? 1) >= 4 &&
    (!isReducedLong || apart(lastKept) < apart(lastReduced) || (merged.lengths.at(-1) ?? 1) < 4);
  const fold = isByColumns ? foldColumns : foldRows;
  return { phases: [fold(kernel, inputCount, features)] };
}
