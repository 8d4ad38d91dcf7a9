import { TreesError } from './trees-error.ts';

/** The rows of each query, ascending. */
export type Queries = readonly Int32Array[];

/** `exponential`: two to the power of the relevance less 1, as rankers are judged; `linear`: the relevance, as scikit-learn has it. */
export type Gain = 'exponential' | 'linear';

export const gainOf = (relevance: number, gain: Gain): number =>
  gain === 'linear' ? relevance : 2 ** relevance - 1;

/** What a place counts, from 0 on (Järvelin and Kekäläinen 2002). */
export const discount = (rank: number): number => 1 / Math.log2(rank + 2);

/** The discounted gain of the best order. @param at places that count */
export function idealGain(targets: ArrayLike<number>, rows: Int32Array, at: number, gain: Gain): number {
  const sorted = Float64Array.from(rows, (row) => targets[row] ?? 0).sort();
  let sum = 0;
  for (let rank = 0; rank < Math.min(at, sorted.length); rank++)
    sum += gainOf(sorted[sorted.length - 1 - rank] ?? 0, gain) * discount(rank);
  return sum;
}

/**
 * Rows by their queries, in the order in which these first come.
 *
 * @param queries of each row which query it is of: any numbers
 * @throws TRS_TREES_SHAPE where there is not one a row, TRS_TREES_QUERY where one is no number
 */
export function readQueries(queries: ArrayLike<number> | undefined, rows: number): Queries {
  if (queries?.length !== rows)
    throw new TreesError(
      'SHAPE',
      queries ? `There are ${queries.length} queries for ${rows} rows.` : 'The rows have no queries.',
      'Give with "queries" of each row which query it is of.',
      { what: 'queries', rows },
    );
  const found = new Map<number, number[]>();
  for (let row = 0; row < rows; row++) {
    const query = queries[row] ?? Number.NaN;
    if (Number.isNaN(query))
      throw new TreesError('QUERY', `The query of row ${row} is no number.`, 'Give each query a number.', {
        row,
      });
    const known = found.get(query);
    if (known) known.push(row);
    else found.set(query, [row]);
  }
  return [...found.values()].map((one) => Int32Array.from(one));
}

export interface NdcgOptions {
  /** Places that count; all when left out. */
  readonly at?: number;
  /** `exponential` when left out. */
  readonly gain?: Gain;
}

/**
 * Normalised discounted cumulative gain: how near orders come to the best ones, from 0 to 1, as a mean over queries. Rows of one score
 * share the gains of their places. Queries without anything relevant count 0, as scikit-learn has them. O(rows log rows).
 *
 * @param relevances of each row, from 0 on
 * @param scores by which rows are ordered, the highest first
 * @throws TRS_TREES_SHAPE, TRS_TREES_QUERY
 */
export function ndcg(
  relevances: ArrayLike<number>,
  scores: ArrayLike<number>,
  queries: ArrayLike<number>,
  { at = Number.POSITIVE_INFINITY, gain = 'exponential' }: NdcgOptions = {},
): number {
  const all = readQueries(queries, relevances.length);
  let sum = 0;
  for (const rows of all) {
    const ideal = idealGain(relevances, rows, at, gain);
    if (ideal === 0) continue;
    const ranked = rows.toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
    let found = 0;
    for (let from = 0, to = 0; from < ranked.length; from = to) {
      let [gains, places] = [0, 0];
      const score = scores[ranked[from] ?? 0];
      for (; to < ranked.length && scores[ranked[to] ?? 0] === score; to++) {
        gains += gainOf(relevances[ranked[to] ?? 0] ?? 0, gain);
        if (to < at) places += discount(to);
      }
      found += (gains / (to - from)) * places;
    }
    sum += found / ideal;
  }
  return sum / all.length;
}
