import type { DenseLayer } from '@trestle/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDense } from './apply-dense.ts';
import { averageNets } from './average-nets.ts';

const layer = (inputs: number, outputs: number, activation: 'relu' | 'none', seed: number): DenseLayer => ({
  weights: Float32Array.from({ length: inputs * outputs }, (_, i) => Math.sin(i * 7 + seed)),
  bias: Float32Array.from({ length: outputs }, (_, i) => Math.cos(i * 3 + seed)),
  activation,
});

describe('averaged nets', () => {
  it('give the mean of what each gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 2, maxLength: 4 }),
        fc.integer({ min: 1, max: 4 }),
        (sizes, members) => {
          const nets = Array.from({ length: members }, (_, member) =>
            sizes
              .slice(1)
              .map((outputs, depth) =>
                layer(
                  sizes[depth] ?? 1,
                  outputs,
                  depth === sizes.length - 2 ? 'none' : 'relu',
                  member * 10 + depth,
                ),
              ),
          );
          const width = sizes[0] ?? 1;
          const data = {
            rows: 3,
            matrix: Float32Array.from({ length: width * 3 }, (_, i) => Math.sin(i)),
            width,
          };
          const each = nets.map((net) => applyDense(net, data));
          const mean =
            each[0]?.map((_, i) => each.reduce((sum, out) => sum + (out[i] ?? 0) / members, 0)) ?? [];
          // A single layer has no units to put side by side.
          if (sizes.length === 2) return;
          const averaged = applyDense(averageNets(nets), data);
          for (const [i, value] of averaged.entries()) expect(value).toBeCloseTo(mean[i] ?? Number.NaN, 4);
        },
      ),
    );
  });
});
