import type { Expression, Kernel } from '../../schedule/kernel.ts';
import { contiguousView, reshapeView, type View } from '../../schedule/view.ts';
import { get } from './assembler.ts';
import { leafPointers, placedLeaves } from './leaves.ts';
import { coalesce, type Pointer, padded } from './loops.ts';
import { type PhaseScope, WORD } from './program.ts';

export type Reduce = Extract<Kernel, { kind: 'reduce' }>;

/** The axes that are kept, as the loads have them. */
export function keptShape(kernel: Reduce): readonly number[] {
  const first = placedLeaves([kernel.expression])[0];
  if (!first) return kernel.shape;
  return first.view.shape.slice(0, first.view.shape.length - kernel.innerShape.length);
}

/** The axes of a fold, and the pointers that walk them. */
export interface FoldNest {
  /** Kept axes before `boundary`, folded ones from there on; at least one of each. */
  readonly lengths: readonly number[];
  readonly boundary: number;
  readonly out: Pointer;
  readonly pointerOf: (leaf: Expression) => Pointer;
  /** Of what is folded; of the output and what the epilogue reads. */
  readonly folded: readonly Pointer[];
  readonly finishing: readonly Pointer[];
}

export function foldNest(kernel: Reduce, { scope, output, inputs }: PhaseScope): FoldNest {
  const leaves = placedLeaves([kernel.expression]);
  const after = kernel.epilogue ? placedLeaves([kernel.epilogue]) : [];
  const kept = keptShape(kernel);
  const shape = [...kept, ...kernel.innerShape];
  /** Over the kept axes, whatever shape the output has; it stands still along what is folded. */
  const overAll = (view: View): View => {
    const { strides, offset } = reshapeView(view, kept) ?? view;
    return { shape, strides: [...strides, ...kernel.innerShape.map(() => 0)], offset };
  };
  const views = [
    overAll(contiguousView(kept)),
    ...leaves.map((leaf) => leaf.view),
    ...after.map((leaf) => overAll(leaf.view)),
  ];
  const merged = coalesce(shape, views, kept.length);
  const { lengths, boundary, strides: all } = padded(merged);
  const [outStrides = [], ...strides] = all;
  const out: Pointer = {
    local: scope.local('i32'),
    start: get(output),
    steps: outStrides.map((stride) => stride * WORD),
  };
  const before = leafPointers(scope, leaves, strides, inputs);
  const behind = leafPointers(scope, after, strides.slice(leaves.length), inputs);
  return {
    lengths,
    boundary,
    out,
    pointerOf: (leaf) => before.get(leaf) ?? behind.get(leaf) ?? out,
    folded: [...new Set(before.values())],
    finishing: [...new Set([out, ...behind.values()])],
  };
}
