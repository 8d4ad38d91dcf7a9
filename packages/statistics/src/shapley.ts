import { seeded } from './hypothesis/seeded.ts';

/** What a coalition of players is worth: one number for each, in order. */
export type Worth = (coalitions: readonly (readonly boolean[])[]) => Promise<ArrayLike<number>>;

export interface ShapleyValues {
  /** Of each player; they sum to `whole` minus `base`. */
  readonly values: Float64Array;
  /** What nobody is worth. */
  readonly base: number;
  /** What all together are worth. */
  readonly whole: number;
  /** Of sampled values, by the pairs of orders; left out where they are exact. */
  readonly standardErrors?: Float64Array;
}

export interface ShapleyOptions {
  /** Up to so many players all coalitions are asked for: 2^players. */
  readonly exactUpTo?: number;
  /** Beyond that so many orders are drawn, each with its reverse. */
  readonly pairs?: number;
  readonly seed?: number;
}

/** 256 coalitions, less than a sample of the same work has. */
const EXACT_UP_TO = 8;
const PAIRS = 32;

/**
 * Shapley values (Shapley 1953): what each player adds, over all orders in which they could come. Of few players exact, by all
 * coalitions; of many by drawn orders, each with its reverse (antithetic, Mitchell et al. 2022), which sum exactly too.
 *
 * @param players how many
 */
export async function shapley(
  players: number,
  worth: Worth,
  { exactUpTo = EXACT_UP_TO, pairs = PAIRS, seed = 0 }: ShapleyOptions = {},
): Promise<ShapleyValues> {
  return players <= exactUpTo ? await exactly(players, worth) : await sampled(players, worth, pairs, seed);
}

async function exactly(players: number, worth: Worth): Promise<ShapleyValues> {
  const count = 2 ** players;
  const isIn = (coalition: number, player: number): boolean => Math.floor(coalition / 2 ** player) % 2 === 1;
  const worths = await worth(
    Array.from({ length: count }, (_, coalition) =>
      Array.from({ length: players }, (_member, player) => isIn(coalition, player)),
    ),
  );
  const at = (coalition: number): number => worths[coalition] ?? Number.NaN;
  // |S|! (n - |S| - 1)! / n! of coalitions by their size.
  const weights = new Float64Array(players);
  for (let size = 0; size < players; size++) weights[size] = 1 / (players * choose(players - 1, size));
  const values = new Float64Array(players);
  for (let coalition = 0; coalition < count; coalition++) {
    let size = 0;
    for (let player = 0; player < players; player++) size += Number(isIn(coalition, player));
    for (let player = 0; player < players; player++)
      if (!isIn(coalition, player))
        values[player] =
          (values[player] ?? 0) + (weights[size] ?? 0) * (at(coalition + 2 ** player) - at(coalition));
  }
  return { values, base: at(0), whole: at(count - 1) };
}

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k);

async function sampled(players: number, worth: Worth, pairs: number, seed: number): Promise<ShapleyValues> {
  const random = seeded(seed);
  const orders = Array.from({ length: pairs }, () => shuffled(players, random)).flatMap((order) => [
    order,
    order.toReversed(),
  ]);
  // Those with nobody and with all are asked for once.
  const coalitions: boolean[][] = [new Array(players).fill(false), new Array(players).fill(true)];
  for (const order of orders) {
    const members: boolean[] = new Array(players).fill(false);
    for (const player of order.slice(0, -1)) {
      members[player] = true;
      coalitions.push([...members]);
    }
  }
  const worths = await worth(coalitions);
  const [base, whole] = [worths[0] ?? Number.NaN, worths[1] ?? Number.NaN];
  const values = new Float64Array(players);
  const squares = new Float64Array(players);
  const pair = new Float64Array(players);
  let at = 2;
  for (const [place, order] of orders.entries()) {
    let before = base;
    for (const [turn, player] of order.entries()) {
      const after = turn === players - 1 ? whole : (worths[at++] ?? Number.NaN);
      pair[player] = (pair[player] ?? 0) + (after - before) / 2;
      before = after;
    }
    if (place % 2 === 0) continue;
    for (let player = 0; player < players; player++) {
      const added = pair[player] ?? 0;
      values[player] = (values[player] ?? 0) + added / pairs;
      squares[player] = (squares[player] ?? 0) + added ** 2 / pairs;
    }
    pair.fill(0);
  }
  const standardErrors = Float64Array.from(values, (mean, player) =>
    pairs < 2 ? Number.NaN : Math.sqrt(Math.max(0, (squares[player] ?? 0) - mean ** 2) / (pairs - 1)),
  );
  return { values, base, whole, standardErrors };
}

/** Fisher and Yates. */
function shuffled(count: number, random: () => number): readonly number[] {
  const order = Array.from({ length: count }, (_, player) => player);
  for (let at = count - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  return order;
}
