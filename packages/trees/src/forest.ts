import type { ObjectiveName } from './objective.ts';

/** 32-bit words of a set of the 256 bins of a column. */
export const SET_WORDS = 8;

/**
 * Boosted trees as plain data: all nodes of all trees one behind the other. `structuredClone` copies it, `postMessage` sends it.
 */
export interface Forest {
  readonly objective: ObjectiveName;
  /** 1, or how many classes there are. */
  readonly outputs: number;
  readonly width: number;
  /** One a column: 0 of numbers, else how many categories. */
  readonly categories: Int32Array;
  /** Whether it was learnt of float32, in which values are then compared. */
  readonly isFloat32: boolean;
  /** The score of each output before any tree. */
  readonly initial: Float64Array;
  /** Where each tree begins; they are of the outputs in turn, round by round. */
  readonly roots: Int32Array;
  /** The column that a node asks; -1 of a leaf. */
  readonly features: Int32Array;
  /** Values up to it go left. */
  readonly thresholds: Float64Array;
  /** Of a node that asks for a category: where in `sets` those are that go left; else -1. */
  readonly setsAt: Int32Array;
  /** Bit c of a set of eight words is category c; the bit behind the last category is for missing and unknown ones. */
  readonly sets: Uint32Array;
  /** Whether missing numbers go left. */
  readonly missingLeft: Uint8Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What a leaf adds to the score. */
  readonly values: Float64Array;
  /** By how much a node's split lowers the loss, in its second order. */
  readonly gains: Float64Array;
  /** The rows of the training that came by. */
  readonly rows: Int32Array;
  /** The sum of their curvatures: of a squared error that of their weights. */
  readonly covers: Float64Array;
}

type NodeLists = {
  -readonly [Name in
    | 'features'
    | 'thresholds'
    | 'setsAt'
    | 'missingLeft'
    | 'left'
    | 'right'
    | 'values'
    | 'gains'
    | 'rows'
    | 'covers']: number[];
};

/** How a node divides its rows. */
export interface NodeSplit {
  readonly feature: number;
  readonly threshold: number;
  readonly set: Uint32Array | undefined;
  readonly missingLeft: boolean;
  readonly gain: number;
}

/** A forest that grows: its nodes begin as leaves and are split. */
export class ForestBuilder {
  readonly #nodes: NodeLists = {
    ...{ features: [], thresholds: [], setsAt: [], missingLeft: [], left: [], right: [] },
    ...{ values: [], gains: [], rows: [], covers: [] },
  };
  readonly #roots: number[] = [];
  readonly #sets: number[] = [];

  get trees(): number {
    return this.#roots.length;
  }

  beginTree(): void {
    this.#roots.push(this.#nodes.features.length);
  }

  /** @returns the place of the new leaf */
  addLeaf(rows: number, cover: number): number {
    const nodes = this.#nodes;
    for (const list of [nodes.thresholds, nodes.missingLeft, nodes.values, nodes.gains]) list.push(0);
    for (const list of [nodes.features, nodes.setsAt, nodes.left, nodes.right]) list.push(-1);
    nodes.covers.push(cover);
    return nodes.rows.push(rows) - 1;
  }

  setValue(node: number, value: number): void {
    this.#nodes.values[node] = value;
  }

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

  /** The forest of some trees, those before `to`. */
  finish(
    about: Pick<Forest, 'objective' | 'outputs' | 'width' | 'categories' | 'isFloat32' | 'initial'>,
    to: number,
    from = 0,
  ): Forest {
    const nodes = this.#nodes;
    const [begin, end] = [this.#roots[from] ?? 0, this.#roots[to] ?? nodes.features.length];
    const doubles = (list: readonly number[]) => Float64Array.from(list.slice(begin, end));
    const ints = (list: readonly number[]) => Int32Array.from(list.slice(begin, end));
    const places = (list: readonly number[], less: number) =>
      Int32Array.from(list.slice(begin, end), (place) => (place < 0 ? -1 : place - less));
    const ofSets = nodes.setsAt.slice(begin, end).filter((at) => at >= 0);
    const firstSet = ofSets.reduce((least, at) => Math.min(least, at), this.#sets.length);
    return {
      ...about,
      roots: Int32Array.from(this.#roots.slice(from, to), (root) => root - begin),
      features: ints(nodes.features),
      thresholds: doubles(nodes.thresholds),
      setsAt: places(nodes.setsAt, firstSet),
      sets: Uint32Array.from(this.#sets.slice(firstSet, firstSet + SET_WORDS * ofSets.length)),
      missingLeft: Uint8Array.from(nodes.missingLeft.slice(begin, end)),
      left: places(nodes.left, begin),
      right: places(nodes.right, begin),
      values: doubles(nodes.values),
      gains: doubles(nodes.gains),
      rows: ints(nodes.rows),
      covers: doubles(nodes.covers),
    };
  }
}
