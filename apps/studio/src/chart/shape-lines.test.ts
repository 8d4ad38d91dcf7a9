import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineOf, placesOf } from './shape-lines.ts';

const seconds = (all: readonly number[]) => all.map((one) => new Date(one * 1_000).toISOString());

describe('a line through a thinned series', () => {
  it('goes from left to right and keeps every least and greatest value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.double({ noNaN: true }), fc.nat(5)), { minLength: 1 }),
        (stretches) => {
          const low = stretches.map(([value]) => value);
          const high = stretches.map(([value, more]) => value + more);
          const steps = stretches.map((_, k) => k * 10);
          const measured = { steps, low, high, times: seconds(steps) };
          const { x, y } = lineOf('loss', measured, placesOf(measured, 'step'), 0);
          expect(x.every((one, at) => at === 0 || one >= (x[at - 1] ?? 0))).toBe(true);
          for (const value of [...low, ...high]) expect(y).toContain(value);
        },
      ),
    );
  });

  it('is smoothed without the bias of its beginning: a constant stays what it is', () => {
    const steps = [0, 1, 2, 3];
    const low = steps.map(() => 1e-4);
    const measured = { steps, times: seconds(steps), low, high: low };
    // Exactly: an axis would make a picture of what rounding leaves.
    for (const smoothing of [0.3, 0.77, 0.99])
      expect(lineOf('loss', measured, steps, smoothing).y).toEqual(low);
  });

  it('has a gap where nothing is a number', () => {
    const measured = { steps: [0, 1], times: seconds([0, 1]), low: [null, 1], high: [null, 1] };
    expect(lineOf('loss', measured, [0, 1], 0.5)).toEqual({ name: 'loss', x: [0, 1], y: [null, 1] });
  });

  it('stands by the seconds since its first, or by its epoch', () => {
    const measured = { steps: [0, 50, 100], times: seconds([7, 8, 10]), low: [1, 1, 1], high: [1, 1, 1] };
    expect(placesOf(measured, 'elapsed')).toEqual([0, 1, 3]);
    const epochs = { steps: [0, 60], times: seconds([7, 9]), low: [0, 1], high: [0, 1] };
    expect(placesOf(measured, 'epoch', epochs)).toEqual([0, 0, 1]);
  });
});
