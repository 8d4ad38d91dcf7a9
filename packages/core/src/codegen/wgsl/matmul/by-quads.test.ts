import { describe, expect, it } from 'vitest';
import { contiguousView } from '../../../schedule/view.ts';
import { LEAST_TARGET } from '../program.ts';
import { fitsQuads } from './by-quads.ts';
import { matmulProgram } from './matmul.ts';
import type { Matmul } from './product.ts';

const product = (m: number, k: number, n: number): Matmul => ({
  kind: 'matmul',
  shape: [m, n],
  dtype: 'float32',
  batch: 1,
  m,
  k,
  n,
  a: { ...contiguousView([1, m, k]), split: [1, 2] },
  b: { ...contiguousView([1, k, n]), split: [1, 2] },
});
const software = { ...LEAST_TARGET, isSoftware: true, subgroups: { min: 4, max: 8 } };
const sourceOf = (target: typeof LEAST_TARGET): string | undefined =>
  matmulProgram(product(32, 32, 32), ['float32', 'float32'], target).shaders[0]?.source;

describe('products on software adapters', () => {
  it('exchange what quads load where the adapter has subgroups', () => {
    expect(sourceOf(software)).toMatch(/^enable subgroups;.*quadBroadcast/s);
  });
  it('load everything themselves where it has none', () => {
    const source = sourceOf({ ...software, subgroups: undefined });
    expect(source).not.toContain('subgroup');
    expect(source).not.toContain('quadBroadcast');
  });
  it('are not shared by quads that would mostly work behind the edge', () => {
    expect(fitsQuads(product(32, 32, 32), software)).toBe(true);
    expect(fitsQuads(product(4, 32, 32), software)).toBe(false);
    expect(fitsQuads(product(32, 32, 8), software)).toBe(false);
  });
});
