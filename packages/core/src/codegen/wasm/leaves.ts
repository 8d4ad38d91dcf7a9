import { visitExpressions } from '../../schedule/expression.ts';
import type { Expression } from '../../schedule/kernel.ts';
import type { View } from '../../schedule/view.ts';
import { f32x4, get, i32, i32x4, type Local, type Scope, type Value, v128 } from './assembler.ts';
import type { Reading } from './element-loop.ts';
import type { Pointer } from './loops.ts';
import { WORD } from './program.ts';

type Vector = Value<'v128'>;
export type PlacedLeaf = Extract<Expression, { readonly view: View }>;

export const isPlaced = (node: Expression): node is PlacedLeaf =>
  node.kind === 'load' || node.kind === 'iota';

/** Every load and count of some expressions, each object once. */
export function placedLeaves(expressions: readonly Expression[]): PlacedLeaf[] {
  const leaves: PlacedLeaf[] = [];
  visitExpressions(expressions, (node) => void (isPlaced(node) && leaves.push(node)));
  return leaves;
}

/** A pointer for each leaf; leaves that walk one buffer in the same way share one, at constant distances from it. */
export function leafPointers(
  scope: Scope,
  leaves: readonly PlacedLeaf[],
  strides: readonly (readonly number[])[],
  inputs: readonly Local<'i32'>[],
): Map<Expression, Pointer> {
  const keys = leaves.map((leaf, index) =>
    // A count is computed from where its pointer is; what is loaded may lie anywhere behind it.
    [
      leaf.kind === 'load' ? `input ${leaf.input}` : `from ${leaf.view.offset}`,
      ...(strides[index] ?? []),
    ].join(),
  );
  const first = new Map<string, number>();
  for (const [index, leaf] of leaves.entries()) {
    const key = keys[index] ?? '';
    first.set(key, Math.min(leaf.view.offset, first.get(key) ?? leaf.view.offset));
  }
  const known = new Map<string, Pointer>();
  const pointers = new Map<Expression, Pointer>();
  for (const [index, leaf] of leaves.entries()) {
    const key = keys[index] ?? '';
    const base = first.get(key) ?? 0;
    const unit = leaf.kind === 'load' ? WORD : 1;
    const input = leaf.kind === 'load' ? inputs[leaf.input] : undefined;
    const offset = i32.const(base * unit);
    const pointer = known.get(key) ?? {
      local: scope.local('i32'),
      start: input ? i32.add(get(input), offset) : offset,
      steps: (strides[index] ?? []).map((stride) => stride * unit),
      base,
    };
    known.set(key, pointer);
    pointers.set(leaf, pointer);
  }
  return pointers;
}

/** How far behind its pointer a leaf is, in bytes. */
const behind = (leaf: PlacedLeaf, { base = leaf.view.offset }: Pointer): number =>
  (leaf.view.offset - base) * WORD;

/** Four elements from a pointer, `ahead` elements further along an axis on which it steps by `step`. */
export function readVector(leaf: PlacedLeaf, pointer: Pointer, step: number, ahead: number): Vector {
  const at = get(pointer.local);
  if (leaf.kind === 'iota') {
    const first = i32x4.splat(ahead * step === 0 ? at : i32.add(at, i32.const(ahead * step)));
    return counted(leaf, step === 0 ? first : i32x4.add(first, v128.const(0, step, 2 * step, 3 * step)));
  }
  const start = behind(leaf, pointer);
  if (step === WORD) return v128.load(at, start + ahead * WORD);
  if (step === 0) return v128.loadSplat(at, start);
  const place = (lane: number): [Value<'i32'>, number] => {
    const bytes = start + (ahead + lane) * step;
    return bytes >= 0 ? [at, bytes] : [i32.add(at, i32.const(bytes)), 0];
  };
  const first = v128.load32Zero(...place(0));
  return [1, 2, 3].reduce((vector, lane) => {
    const [address, offset] = place(lane);
    return v128.load32Lane(address, vector, lane, offset);
  }, first);
}

/** One element, in every lane. */
export const readSingle = (leaf: PlacedLeaf, pointer: Pointer): Vector =>
  leaf.kind === 'iota'
    ? counted(leaf, i32x4.splat(get(pointer.local)))
    : v128.loadSplat(get(pointer.local), behind(leaf, pointer));

const counted = (leaf: PlacedLeaf, places: Vector): Vector =>
  leaf.dtype === 'float32' ? f32x4.convertI32(places) : places;

/** Reads leaves from their pointers, in a loop along an axis. */
export function pointerReading(pointerOf: (leaf: PlacedLeaf) => Pointer, axis: number): Reading {
  const stepOf = (leaf: PlacedLeaf): number => pointerOf(leaf).steps[axis] ?? 0;
  return {
    vector: (leaf, ahead) =>
      isPlaced(leaf) ? readVector(leaf, pointerOf(leaf), stepOf(leaf), ahead) : unplaced(leaf),
    single: (leaf) => (isPlaced(leaf) ? readSingle(leaf, pointerOf(leaf)) : unplaced(leaf)),
    isStill: (leaf) => !isPlaced(leaf) || stepOf(leaf) === 0,
  };
}

export function unplaced(leaf: Expression): never {
  throw new RangeError(`A kernel has the leaf "${leaf.kind}" where nothing gives it a value.`);
}
