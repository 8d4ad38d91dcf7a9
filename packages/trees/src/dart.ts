import type { AboutForest, ForestBuilder } from './forest.ts';
import { rawScores } from './predict.ts';
import { randomIntegers } from './random.ts';
import type { TreeTable } from './table.ts';

/** Leaves earlier rounds out while new trees grow, and puts them back so that all together say as much. */
export interface Dropping {
  /** Before a round. */
  leaveOut(): void;
  /** After its trees have been added. */
  putBack(): void;
}

/**
 * Boosting with dropout (DART: Rashmi and Gilad-Bachrach 2015): a new tree does not only mend what those before left, so that the first
 * trees do not decide all. Of k rounds that were left out, each is weighed by k / (k + rate) and the new one by 1 / (k + rate).
 *
 * @param scores [outputs, rows], of all trees; it is kept up to date
 */
export function droppingFrom(
  table: TreeTable,
  builder: ForestBuilder,
  about: AboutForest,
  scores: Float64Array,
  { dropShare, learningRate, seed }: Readonly<Record<'dropShare' | 'learningRate' | 'seed', number>>,
): Dropping {
  const next = randomIntegers(seed + 3);
  const { outputs, isFloat32 } = about;
  const none = { ...about, initial: new Float64Array(outputs) };
  const roundsNow = (): number => builder.trees / outputs;
  const add = (round: number, sign: number): void => {
    const added = rawScores(builder.finish(none, (round + 1) * outputs, round * outputs), table);
    for (let row = 0, at = 0; row < table.rows; row++)
      for (let output = 0; output < outputs; output++, at++) {
        const place = output * table.rows + row;
        scores[place] = (scores[place] ?? 0) + sign * (added[at] ?? 0);
      }
  };
  let dropped: readonly number[] = [];
  return {
    leaveOut() {
      dropped = Array.from({ length: roundsNow() }, (_, round) => round).filter(
        () => next() / 2 ** 32 < dropShare,
      );
      for (const round of dropped) add(round, -1);
    },
    putBack() {
      const count = dropped.length;
      if (count === 0) return;
      const newest = roundsNow() - 1;
      const scale = (round: number, factor: number): void => {
        builder.scale(round * outputs, (round + 1) * outputs, factor, isFloat32);
        add(round, 1);
      };
      add(newest, -1);
      scale(newest, 1 / (count + learningRate));
      for (const round of dropped) scale(round, count / (count + learningRate));
    },
  };
}
