import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from './hypothesis/seeded.ts';
import { shapley, type Worth } from './shapley.ts';

/** A game of drawn worths, one for each coalition. */
function drawnGame(players: number, seed: number): Worth {
  const random = seeded(seed);
  const worths = Float64Array.from({ length: 2 ** players }, () => 10 * random() - 5);
  return async (coalitions) =>
    coalitions.map(
      (members) => worths[members.reduce((sum, isIn, player) => sum + Number(isIn) * 2 ** player, 0)] ?? 0,
    );
}

/** The definition: the mean over all orders of what a player adds to those before. */
async function byOrders(players: number, worth: Worth): Promise<readonly number[]> {
  const orders = (left: readonly number[]): readonly (readonly number[])[] =>
    left.length === 0
      ? [[]]
      : left.flatMap((first) => orders(left.filter((one) => one !== first)).map((rest) => [first, ...rest]));
  const all = orders(Array.from({ length: players }, (_, player) => player));
  const values = new Array<number>(players).fill(0);
  for (const order of all) {
    const members = new Array<boolean>(players).fill(false);
    for (const player of order) {
      const [before = 0] = Array.from(await worth([[...members]]));
      members[player] = true;
      const [after = 0] = Array.from(await worth([[...members]]));
      values[player] = (values[player] ?? 0) + (after - before) / all.length;
    }
  }
  return values;
}

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((total, one) => total + one, 0);

describe('Shapley values', () => {
  it('are what each player adds over all orders', async () => {
    for (const players of [1, 2, 3, 5]) {
      const game = drawnGame(players, players);
      const { values } = await shapley(players, game);
      const expected = await byOrders(players, game);
      for (const [player, value] of values.entries())
        expect(value).toBeCloseTo(expected[player] ?? Number.NaN, 10);
    }
  });

  it('sum to what all are worth minus what nobody is, exact or sampled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer(),
        fc.boolean(),
        async (players, seed, isExact) => {
          const { values, base, whole } = await shapley(players, drawnGame(players, seed), {
            exactUpTo: isExact ? 9 : 0,
            pairs: 3,
          });
          expect(sum(values)).toBeCloseTo(whole - base, 8);
        },
      ),
    );
  });

  it('sampled lie within some standard errors of the exact ones, and are those of a sum exactly', async () => {
    const game = drawnGame(7, 3);
    const exact = await shapley(7, game);
    const drawn = await shapley(7, game, { exactUpTo: 0, pairs: 400 });
    for (const [player, value] of drawn.values.entries()) {
      const error = drawn.standardErrors?.[player] ?? 0;
      expect(error).toBeGreaterThan(0);
      expect(Math.abs(value - (exact.values[player] ?? 0))).toBeLessThan(4 * error);
    }
    const additive: Worth = async (coalitions) =>
      coalitions.map((members) => members.reduce((total, isIn, player) => total + (isIn ? player : 0), 1));
    const { values, standardErrors } = await shapley(12, additive);
    expect([...values]).toEqual(Array.from({ length: 12 }, (_, player) => expect.closeTo(player, 10)));
    expect(Math.max(...(standardErrors ?? []))).toBeLessThan(1e-6);
  });
});
