import { placeOf } from './category-place.ts';
import { type Forest, setWords } from './forest.ts';
import type { TreeTable } from './table.ts';
import { type Arena, openArena, rounded } from './wasm/arena.ts';
import { FLAG, NODE, NODE_BYTES, TOGETHER, walking } from './wasm/walking.ts';

/** Rows that go through one tree before the next: they and the tree stay in the cache. */
export const BLOCK_ROWS = 256;

/** Sends blocks of rows through the trees of a forest. */
export interface Walker {
  /** Takes up to `BLOCK_ROWS` rows of a table, from one of them on. */
  take(table: Pick<TreeTable, 'width' | 'matrix'>, from: number, rows: number): void;
  /** The nodes at which the rows end in a tree; overwritten by the next. */
  leaves(tree: number): Int32Array;
}

/** Forests are not changed, and to lay one out takes as long as some thousand rows. */
const walkers = new WeakMap<Forest, Walker>();

export function walkerOf(forest: Forest): Walker {
  const known = walkers.get(forest) ?? openWalker(forest);
  walkers.set(forest, known);
  return known;
}

function openWalker(forest: Forest): Walker {
  const { width, features, sets, categories, isFloat32 } = forest;
  const nodes = features.length;
  const rowBytes = 8 * Math.max(1, width);
  const arena = openArena(
    walking,
    rounded(NODE_BYTES * nodes) +
      rounded(4 * sets.length + 4) +
      rounded(4 * BLOCK_ROWS) +
      rowBytes * BLOCK_ROWS,
  );
  const laid = arena.bytes(NODE_BYTES * nodes);
  const words = arena.ints(sets.length + 1);
  const ends = arena.ints(BLOCK_ROWS);
  const block = arena.doubles((rowBytes / 8) * BLOCK_ROWS);
  // The last word is where nodes without a set look.
  words.set(sets);
  const first = layOut(forest, arena, laid.byteOffset, words.byteOffset);
  const walk = arena.kernel('walk');
  const places = new Int32Array(block.buffer, block.byteOffset, 2 * block.length);
  let taken = 0;
  return {
    take({ matrix }, from, rows) {
      taken = rows;
      const start = from * width;
      for (let at = 0; at < rows * width; at++) {
        const value = matrix[start + at] ?? 0;
        block[at] = isFloat32 ? Math.fround(value) : value;
      }
      for (let column = 0; column < width; column++) {
        const count = categories[column] ?? 0;
        if (count === 0) continue;
        for (let row = 0, at = column; row < rows; row++, at += width) {
          places[2 * at] = placeOf(matrix[start + at] ?? 0, count);
        }
      }
    },
    leaves(tree) {
      const root = first[tree] ?? 0;
      const all = TOGETHER * Math.ceil(taken / TOGETHER);
      walk(block.byteOffset, block.byteOffset + rowBytes * all, rowBytes, root, ends.byteOffset);
      return ends.subarray(0, taken);
    },
  };
}

/** Writes all nodes, children beside each other. @returns where each tree begins */
function layOut(forest: Forest, { view }: Arena, from: number, sets: number): Int32Array {
  const { roots, features, thresholds, setsAt, missingLeft, left, right, categories } = forest;
  const places = new Int32Array(features.length);
  let next = from;
  const place = (node: number): number => {
    places[node] = next;
    next += NODE_BYTES;
    return node;
  };
  const open: number[] = [];
  for (const root of roots) {
    open.push(place(root));
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if ((features[node] ?? -1) < 0) continue;
      const [below, above] = [place(left[node] ?? 0), place(right[node] ?? 0)];
      open.push(above, below);
    }
  }
  for (const [node, feature] of features.entries()) {
    const at = places[node] ?? 0;
    const set = setsAt[node] ?? -1;
    const isLeaf = feature < 0;
    const flags =
      (isLeaf ? FLAG.isLeaf : 0) |
      (set >= 0 ? FLAG.isCategory : 0) |
      (isLeaf || missingLeft[node] === 1 ? 0 : FLAG.missingRight);
    view.setFloat64(at + NODE.threshold, isLeaf ? Number.POSITIVE_INFINITY : (thresholds[node] ?? 0), true);
    view.setInt32(at + NODE.column, (isLeaf ? 0 : 8 * feature) | flags, true);
    view.setInt32(at + NODE.children, isLeaf ? at : (places[left[node] ?? 0] ?? 0), true);
    const words = set >= 0 ? setWords(categories[feature] ?? 0) : 0;
    view.setInt32(at + NODE.set, sets + 4 * (set >= 0 ? set : forest.sets.length), true);
    view.setInt32(at + NODE.placeMask, words === 0 ? 0 : -1, true);
    view.setInt32(at + NODE.own, node, true);
  }
  return roots.map((root) => places[root] ?? 0);
}
