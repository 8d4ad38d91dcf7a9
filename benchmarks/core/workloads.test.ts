import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { open } from './ours.ts';
import { smallWorkloads } from './small-workloads.ts';
import { difference } from './values.ts';

const { results }: { readonly results: Readonly<Record<string, readonly number[]>> } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures', 'torch.json'), 'utf8'),
);

describe('our side of the benchmark', () => {
  it.each(Object.keys(smallWorkloads))('computes %s as PyTorch does, and again', async (name) => {
    const workload = smallWorkloads[name];
    if (!workload) throw new Error(`There is no workload ${name}.`);
    const work = await open(workload);
    if ('why' in work) throw new Error(work.why);
    expect(difference(work.result, results[name] ?? [])).toBeLessThan(1e-4);
    await work.run();
    await work.run();
  });
});

describe('difference', () => {
  it('is the largest one, as a share of the largest value', () => {
    expect(difference([1, 2, 4], [1, 2.5, 5])).toBeCloseTo(0.2);
  });

  it('is infinite where a value is missing or not a number', () => {
    expect(difference([], [])).toBe(Number.POSITIVE_INFINITY);
    expect(difference([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
    expect(difference([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  });
});
