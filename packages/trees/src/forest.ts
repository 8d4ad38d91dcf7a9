import type { Activation } from './activation.ts';

/** 32-bit words of a set of the categories of a column: a bit for each, one for unknown and one for missing ones. */
export const setWords = (categories: number): number => ((categories + 1) >> 5) + 1;

/** In training there are no unknown categories: the bin behind the last one is of missing ones, and unknown ones go with them. */
export function missingAsUnknown(set: Uint32Array, categories: number): void {
  const missing = categories + 1;
  const isIn = ((set[categories >> 5] ?? 0) >>> (categories & 31)) & 1;
  const word = (set[missing >> 5] ?? 0) & ~(1 << (missing & 31));
  set[missing >> 5] = word | (isIn << (missing & 31));
}

/**
 * Trees as plain data: all nodes of all trees one behind the other. `structuredClone` copies it, `postMessage` sends it. A row's
 * score is the sum of the leaves that it comes to.
 */
export interface Forest {
  /** What it was learnt to do, in a word. */
  readonly objective: string;
  /** What turns scores into predictions. */
  readonly activation: Activation;
  /** 1, or how many classes there are. */
  readonly outputs: number;
  readonly width: number;
  /** One a column: 0 of numbers, else how many categories. */
  readonly categories: Int32Array;
  /** Whether it was learnt of float32, in which values are then compared. */
  readonly isFloat32: boolean;
  /** The score of each output before any tree. */
  readonly initial: Float64Array;
  /** Where each tree begins; they are of the outputs in turn, round by round, unless leaves are vectors. */
  readonly roots: Int32Array;
  /** The column that a node asks; -1 of a leaf. */
  readonly features: Int32Array;
  /** Values up to it go left. */
  readonly thresholds: Float64Array;
  /** Of a node that asks for a category: where in `sets` those are that go left; else -1. */
  readonly setsAt: Int32Array;
  /** Bit c of a set of `setWords` words is category c; behind the last category come the bits of unknown and of missing ones. */
  readonly sets: Uint32Array;
  /** Whether missing numbers go left. */
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What a leaf adds to the score. */
  readonly values: Float64Array;
  /** Where each tree is of all outputs: what its leaves add to them instead of `values`. */
  readonly vectors?: LeafVectors;
  /** By how much a node's split lowers the loss, in its second order. */
  readonly gains: Float64Array;
  /** The rows of the training that came by; of a model that was read and has not counted them, shares of 2^30. */
  readonly rows: Int32Array;
  /** The sum of their curvatures: of a squared error that of their weights. */
  readonly covers: Float64Array;
}

/** Leaves that add a number to each output; equal ones may be shared. */
export interface LeafVectors {
  /** Where in `entries` the vector of a leaf begins; -1 of other nodes. */
  readonly at: Int32Array;
  readonly entries: Float64Array;
}

/** Lists of nodes that grow, in the types that the forest has them. */
const emptyNodes = (capacity: number) => ({
  features: new Int32Array(capacity),
  thresholds: new Float64Array(capacity),
  setsAt: new Int32Array(capacity),
  missingLeft: new Uint8Array(capacity),
  left: new Int32Array(capacity),
  right: new Int32Array(capacity),
  values: new Float64Array(capacity),
  gains: new Float64Array(capacity),
  rows: new Int32Array(capacity),
  covers: new Float64Array(capacity),
  vectorsAt: new Int32Array(capacity),
});
type Nodes = ReturnType<typeof emptyNodes>;
const FIRST_CAPACITY = 256;

/** How a node divides its rows. */
export interface NodeSplit {
  readonly feature: number;
  readonly threshold: number;
  readonly set: Uint32Array | undefined;
  readonly missingLeft: boolean;
  readonly gain: number;
}

/** What is true of a whole forest. */
export type AboutForest = Pick<
  Forest,
  'objective' | 'activation' | 'outputs' | 'width' | 'categories' | 'isFloat32' | 'initial'
>;

/** A forest that grows: its nodes begin as leaves and are split. */
export class ForestBuilder {
  #nodes: Nodes = emptyNodes(FIRST_CAPACITY);
  #count = 0;
  readonly #roots: number[] = [];
  readonly #sets: number[] = [];
  readonly #vectors: number[] = [];

  get trees(): number {
    return this.#roots.length;
  }

  beginTree(): void {
    this.#roots.push(this.#count);
  }

  /** @returns the place of the new leaf */
  addLeaf(rows: number, cover: number): number {
    const node = this.#count++;
    if (node === this.#nodes.features.length) this.#nodes = enlarged(this.#nodes);
    const nodes = this.#nodes;
    nodes.features[node] = -1;
    nodes.setsAt[node] = -1;
    nodes.left[node] = -1;
    nodes.right[node] = -1;
    nodes.vectorsAt[node] = -1;
    nodes.covers[node] = cover;
    nodes.rows[node] = rows;
    return node;
  }

  setCover(node: number, cover: number): void {
    this.#nodes.covers[node] = cover;
  }

  setValue(node: number, value: number): void {
    this.#nodes.values[node] = value;
  }

  /** @returns where the vector is, for other leaves that share it */
  setVector(node: number, vector: ArrayLike<number> | number): number {
    const at = typeof vector === 'number' ? vector : this.#vectors.length;
    this.#nodes.vectorsAt[node] = at;
    if (typeof vector !== 'number')
      for (let of = 0; of < vector.length; of++) this.#vectors.push(vector[of] ?? 0);
    return at;
  }

  /** @param split with a set of the words that its column's categories take */
  split(node: number, { feature, threshold, set, missingLeft, gain }: NodeSplit): void {
    const nodes = this.#nodes;
    nodes.features[node] = feature;
    nodes.thresholds[node] = threshold;
    nodes.missingLeft[node] = Number(missingLeft);
    nodes.gains[node] = gain;
    if (!set) return;
    nodes.setsAt[node] = this.#sets.length;
    this.#sets.push(...set);
  }

  connect(node: number, left: number, right: number): void {
    this.#nodes.left[node] = left;
    this.#nodes.right[node] = right;
  }

  /** Multiplies the leaves of some trees, from one up to and without another. */
  scale(from: number, to: number, factor: number, isFloat32: boolean): void {
    const [begin, end] = [this.#roots[from] ?? this.#count, this.#roots[to] ?? this.#count];
    const { values } = this.#nodes;
    for (let node = begin; node < end; node++) {
      const value = (values[node] ?? 0) * factor;
      values[node] = isFloat32 ? Math.fround(value) : value;
    }
  }

  /** The forest of some trees, those before `to`. */
  finish(about: AboutForest, to = this.trees, from = 0): Forest {
    const nodes = this.#nodes;
    const [begin, end] = [this.#roots[from] ?? 0, this.#roots[to] ?? this.#count];
    const places = (list: Int32Array, less: number) =>
      list.slice(begin, end).map((place) => (place < 0 ? -1 : place - less));
    const ofSets = nodes.setsAt.slice(begin, end).filter((at) => at >= 0);
    const firstSet = ofSets.reduce((least, at) => Math.min(least, at), this.#sets.length);
    const after = nodes.setsAt.subarray(end, this.#count).filter((at) => at >= 0);
    const behindSets = after.reduce((least, at) => Math.min(least, at), this.#sets.length);
    return {
      ...about,
      roots: Int32Array.from(this.#roots.slice(from, to), (root) => root - begin),
      features: nodes.features.slice(begin, end),
      thresholds: nodes.thresholds.slice(begin, end),
      setsAt: places(nodes.setsAt, firstSet),
      sets: Uint32Array.from(this.#sets.slice(firstSet, behindSets)),
      missingLeft: nodes.missingLeft.slice(begin, end),
      left: places(nodes.left, begin),
      right: places(nodes.right, begin),
      values: nodes.values.slice(begin, end),
      ...(this.#vectors.length > 0
        ? {
            vectors: {
              at: nodes.vectorsAt.slice(begin, end),
              entries: Float64Array.from(this.#vectors),
            },
          }
        : {}),
      gains: nodes.gains.slice(begin, end),
      rows: nodes.rows.slice(begin, end),
      covers: nodes.covers.slice(begin, end),
    };
  }
}

/** The same nodes with room for as many again. */
function enlarged(nodes: Nodes): Nodes {
  const larger = emptyNodes(2 * nodes.features.length);
  for (const name of Object.keys(larger) as (keyof Nodes)[]) larger[name].set(nodes[name]);
  return larger;
}
