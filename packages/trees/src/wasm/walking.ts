import {
  assemble,
  branchIf,
  f64,
  get,
  i32,
  type Local,
  loop,
  newScope,
  repeat,
  set,
  type Value,
} from '@trestle/core/assembler';
import type { KernelModule } from './arena.ts';

/** A node as the kernel reads it. */
export const NODE_BYTES = 32;
export const NODE = {
  /** What goes left is up to it: a double. */
  threshold: 0,
  /** Where the node's column is in a row, in bytes, and in the three lowest bits what is said of the node (`FLAG`). */
  column: 8,
  /** Where the left child is; the right one is behind it. Of a leaf, itself. */
  children: 12,
  /** Where the set of categories is that go left, and which bits of a row's place count: none where there is no set. */
  set: 16,
  placeMask: 20,
  /** Which node of the forest it is. */
  own: 24,
} as const;
export const FLAG = { missingRight: 1, isCategory: 2, isLeaf: 4 } as const;

/** Rows that go through a tree beside each other: what one waits for the others fill. */
export const TOGETHER = 4;

/**
 * Sends rows of doubles through a tree, a whole number of `TOGETHER`, and writes which nodes they end at. Nothing is branched on but
 * whether all have arrived: which way a row goes nobody can predict.
 */
function walkKernel() {
  const scope = newScope(5);
  const [rows, end, rowBytes, root, into] = scope.parameters;
  if (!rows || !end || !rowBytes || !root || !into) throw new RangeError('five parameters');
  const local = (): readonly Local<'i32'>[] => Array.from({ length: TOGETHER }, () => scope.local('i32'));
  const [nodes, starts, abouts] = [local(), local(), local()];
  const values = Array.from({ length: TOGETHER }, () => scope.local('f64'));
  const [place, columnAt, right, arrived] = [
    scope.local('i32'),
    scope.local('i32'),
    scope.local('i32'),
    scope.local('i32'),
  ];
  const bit = (of: Value<'i32'>, at: number): Value<'i32'> =>
    i32.and(at === 0 ? of : i32.shrU(of, i32.const(at)), i32.const(1));
  const step = (of: number) => {
    const [node, start, about, value] = [nodes[of], starts[of], abouts[of], values[of]];
    if (!node || !start || !about || !value) throw new RangeError(`row ${of}`);
    const threshold = f64.load(get(node), NODE.threshold);
    return [
      set(about, i32.load(get(node), NODE.column)),
      set(columnAt, i32.add(get(start), i32.and(get(about), i32.const(-8)))),
      set(value, f64.load(get(columnAt))),
      // A missing number is neither up to the threshold nor above it.
      set(
        right,
        i32.and(
          i32.eqz(f64.ge(threshold, get(value))),
          i32.or(f64.gt(get(value), threshold), bit(get(about), 0)),
        ),
      ),
      set(place, i32.and(i32.load(get(columnAt)), i32.load(get(node), NODE.placeMask))),
      set(
        place,
        i32.xor(
          bit(
            i32.shrU(
              i32.load(
                i32.add(
                  i32.load(get(node), NODE.set),
                  i32.shl(i32.shrU(get(place), i32.const(5)), i32.const(2)),
                ),
              ),
              i32.and(get(place), i32.const(31)),
            ),
            0,
          ),
          i32.const(1),
        ),
      ),
      // The one or the other, by a mask of all bits.
      set(
        right,
        i32.xor(
          get(right),
          i32.and(i32.xor(get(right), get(place)), i32.sub(i32.const(0), bit(get(about), 1))),
        ),
      ),
      set(node, i32.add(i32.load(get(node), NODE.children), i32.shl(get(right), i32.const(5)))),
      set(arrived, i32.and(get(arrived), get(about))),
    ];
  };
  const body = repeat(
    rows,
    get(end),
    0,
    starts.map((start, of) => {
      const node = nodes[of];
      return node
        ? [set(start, get(rows)), set(rows, i32.add(get(rows), get(rowBytes))), set(node, get(root))]
        : [];
    }),
    loop(
      set(arrived, i32.const(FLAG.isLeaf)),
      nodes.map((_, of) => step(of)),
      branchIf(0, i32.eqz(get(arrived))),
    ),
    nodes.map((node, of) => i32.store(get(into), i32.load(get(node), NODE.own), 4 * of)),
    set(into, i32.add(get(into), i32.const(4 * TOGETHER))),
  );
  return scope.finish(body, 'walk');
}

/** The kernel that trees predict with. */
export const walking: KernelModule = {
  free: 1_024,
  assemble: (mostPages) =>
    assemble({ initialPages: 0, maximumPages: mostPages, isShared: false }, [walkKernel()]),
};
