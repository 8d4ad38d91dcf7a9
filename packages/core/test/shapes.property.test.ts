import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concat, stack, type Tensor, tensor, where } from '../src/index.ts';
import { at, indexOf, type Reference, size } from './reference.ts';

const lengths = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 });
const values = (shape: readonly number[], factor: number): Reference => ({
  shape,
  values: Array.from({ length: size(shape) }, (_, place) => ((place * factor) % 32) - 15.5),
});
const make = ({ shape, values: list }: Reference): Tensor => tensor(Float32Array.from(list), { shape });
const read = async (t: Tensor): Promise<number[]> => [...(await t.data())];

/** Shapes that stretch to one: axes of the result, some of them 1 or left out in front. */
const stretching = lengths.chain((shape) =>
  fc.record({
    shape: fc.constant(shape),
    parts: fc.array(
      fc
        .record({ ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), left: fc.nat(shape.length) })
        .map(({ ones, left }) => shape.map((length, axis) => (ones[axis] ? 1 : length)).slice(left)),
      { minLength: 3, maxLength: 3 },
    ),
  }),
);

it('stretches operands as NumPy does, whatever their ranks', async () => {
  await fc.assert(
    fc.asyncProperty(stretching, async ({ parts: [first = [], second = [], third = []] }) => {
      const [a, b, c] = [values(first, 7), values(second, 11), values(third, 13)];
      const rank = Math.max(first.length, second.length, third.length);
      const shape = Array.from({ length: rank }, (_, axis) =>
        Math.max(...[first, second, third].map((one) => one[axis - rank + one.length] ?? 1)),
      );
      const chosen = where(make(a).greater(0), make(b), make(c));
      expect(chosen.shape).toEqual(shape);
      const expected = Array.from({ length: size(shape) }, (_, place) => {
        const index = indexOf(place, shape);
        return at(a, index) > 0 ? at(b, index) : at(c, index);
      });
      expect(await read(chosen)).toEqual(expected);
    }),
  );
});

it('stretches shapes alike from both sides, or refuses them on both', () => {
  const shapeOf = (a: readonly number[], b: readonly number[]): string => {
    try {
      return String(make(values(a, 3)).add(make(values(b, 5))).shape);
    } catch (error) {
      return error instanceof Error && 'code' in error ? String(error.code) : String(error);
    }
  };
  fc.assert(
    fc.property(lengths, lengths, (a, b) => {
      expect(shapeOf(a, b)).toBe(shapeOf(b, a));
      const fits = a.every((length, axis) => {
        const other = b[axis - a.length + b.length] ?? 1;
        return length === other || length === 1 || other === 1;
      });
      expect(shapeOf(a, b) === 'TRS_CORE_SHAPE_MISMATCH').toBe(!fits);
    }),
  );
});

it('joins what it split, and stacks what it took apart', async () => {
  const cut = fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
    axis: fc.nat(),
    place: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(cut, async ({ shape, axis, place }) => {
      const x = make(values(shape, 7));
      const on = axis % shape.length;
      const length = shape[on] ?? 1;
      const first = place % (length + 1);
      const [left = x, right = x] = x.split([first, length - first], on);
      expect(await read(concat([left, right], on))).toEqual(await read(x));
      const [single = x, ...others] = x.split(length, on).map((part) => part.squeeze(on));
      const stacked = stack([single, ...others], on);
      expect(stacked.shape).toEqual(shape);
      expect(await read(stacked)).toEqual(await read(x));
    }),
  );
});

it('joins more pieces than a WebAssembly function may have parameters', async () => {
  const pieces = Array.from({ length: 2_500 }, (_, n) => tensor([[n], [-n]]));
  const [first = tensor([[0]]), ...others] = pieces;
  const joined = concat([first, ...others], 1);
  expect(joined.shape).toEqual([2, 2_500]);
  expect(await read(joined)).toEqual([...pieces.keys(), ...[...pieces.keys()].map((n) => -n)]);
});

it('sums over axes in any order and any grouping', async () => {
  const grouped = fc.record({
    shape: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
    isSummed: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(grouped, async ({ shape, isSummed }) => {
      const x = make(values(shape, 7));
      const axes = [...shape.keys()].filter((axis) => isSummed[axis]);
      const together = x.sum(axes);
      // From the last, so that the numbers of the others stay.
      const oneByOne = [...axes].reverse().reduce((t, axis) => t.sum(axis), x);
      expect(together.shape).toEqual(shape.filter((_, axis) => !isSummed[axis]));
      // Sums of halves: exact in float32, in whatever order.
      expect(await read(oneByOne)).toEqual(await read(together));
    }),
  );
});
