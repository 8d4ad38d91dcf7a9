import { readFileSync } from 'node:fs';
import { type Device, type Tensor, type Tree, tensor, treeLeaves } from '@trestle/core';
import { expect } from 'vitest';

/** A tensor in a fixture. */
interface Leaf {
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}
/** A tree in a fixture. */
export type Stored = Leaf | readonly Stored[] | { readonly [name: string]: Stored };

export interface LayerCase {
  readonly name: string;
  readonly options: object;
  readonly parameters: Stored;
  readonly x: Leaf;
  readonly output: Leaf;
  readonly cotangent: Leaf;
  readonly gradients: Stored;
  readonly xGradient?: Leaf;
  readonly statistics?: Stored;
  readonly after?: Stored;
  readonly context?: Leaf;
}

interface Fixtures {
  readonly madeWith: Readonly<Record<string, string>>;
  readonly layers: readonly LayerCase[];
  readonly losses: readonly {
    readonly name: string;
    readonly options: object;
    readonly x: Leaf;
    readonly target: Leaf;
    readonly value: Leaf;
    readonly gradient: Leaf;
  }[];
  readonly optimizers: readonly {
    readonly name: string;
    readonly options: object;
    readonly rate: number;
    readonly start: Stored;
    readonly gradients: readonly Stored[];
    readonly results: readonly Stored[];
  }[];
  readonly clipping: readonly {
    readonly name: string;
    readonly limit: number;
    readonly gradients: Stored;
    readonly clipped: Stored;
  }[];
  readonly schedules: readonly {
    readonly name: string;
    readonly options: object;
    readonly rate: number;
    readonly warmUp: number;
    readonly rates: readonly number[];
  }[];
  readonly models: readonly {
    readonly name: string;
    readonly optimizer: { readonly name: string; readonly options: object };
    readonly rate: number;
    readonly start: Stored;
    readonly x: Leaf;
    readonly labels: Leaf;
    readonly losses: readonly number[];
    readonly gradients: Stored;
    readonly end: Stored;
  }[];
}

/** What PyTorch computed; see fixtures/make-torch-fixtures.py. */
export const FIXTURES: Fixtures = JSON.parse(
  readFileSync(new URL('fixtures/torch-fixtures.json', import.meta.url), 'utf8'),
);

const isLeaf = (stored: Stored): stored is Leaf => 'values' in stored && Array.isArray(stored.values);

export const leafOn = ({ dtype, shape, values }: Leaf, device: Device): Tensor =>
  tensor(dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values), { shape, device });

/** The stored tree, as tensors of a device. The caller knows its form. */
export function treeOn<P extends Tree>(stored: Stored, device: Device): P {
  const visit = (node: Stored): Tree => {
    if (isLeaf(node)) return leafOn(node, device);
    if (Array.isArray(node)) return node.map(visit);
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, visit(child)]));
  };
  return visit(stored) as P;
}

function storedLeaves(stored: Stored, path = ''): (Leaf & { readonly path: string })[] {
  if (isLeaf(stored)) return [{ ...stored, path }];
  return Object.entries(stored).flatMap(([name, child]) => storedLeaves(child, `${path}/${name}`));
}

/** Compares all tensors of a tree with stored ones, element by element, relative to their size. */
export async function expectTree(actual: Tree, stored: Stored, tolerance: number): Promise<void> {
  const expected = storedLeaves(stored);
  const leaves = treeLeaves(actual);
  expect(leaves).toHaveLength(expected.length);
  for (const [index, { shape, values, path }] of expected.entries()) {
    const leaf = leaves[index];
    expect(leaf?.shape, path).toEqual(shape);
    const found = [...((await leaf?.data()) ?? [])];
    for (const [at, value] of found.entries()) {
      const wanted = values[at] ?? Number.NaN;
      expect(Math.abs(value - wanted), `${path}[${at}]: ${value} for ${wanted}`).toBeLessThanOrEqual(
        tolerance * (1 + Math.abs(wanted)),
      );
    }
  }
}
