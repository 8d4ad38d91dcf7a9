import type { TrainingSpec } from '@trestle/contracts';
import type { Prepared } from '../preparation/prepare.ts';
import { placesInFolds, splitAtRandom } from '../table/split.ts';

/** Rows that a candidate is fitted to, and those that judge it. */
export interface Fold {
  readonly fitted: Int32Array;
  readonly held: Int32Array;
}

/** How candidates are judged: each training row is held at most once. */
export interface Validation {
  /** In words: `5 folds`, `the latest fifth`, `a random fifth`. */
  readonly how: string;
  readonly folds: readonly Fold[];
}

/** The part of the training rows that judges where they are not dealt into folds. */
const HELD_SHARE = 0.2;
const FOLDS = 5;
/** Of fewer rows a fifth says little, and fits are short. */
const [FEW_ROWS, FOLDS_OF_FEW] = [2_000, 8];
/** Of more answers (rows x classes) one fifth says enough, and folds would take long. */
const MANY_ANSWERS = 50_000;

/**
 * The folds of the training rows: the latest ones where the held-out part is the latest, a part of many, else as many folds as there
 * is time for; of classes the same share in each.
 */
export function validationOf(
  { split, target }: Pick<Prepared, 'split' | 'target'>,
  spec: TrainingSpec,
): Validation {
  const { train, kind } = split;
  const strata = target.task === 'regression' ? undefined : target.values;
  if (kind === 'time') {
    // The training rows are in the order of time, so their tail is the latest.
    const from = Math.round(train.length * (1 - HELD_SHARE));
    const earlier = train.slice(0, from);
    const differs = new Set(Array.from(earlier, (row) => target.values[row])).size > 1;
    // With one class before the tail there would be nothing to choose by.
    if (differs) return { how: 'the latest fifth', folds: [{ fitted: earlier, held: train.slice(from) }] };
  }
  const answers = train.length * Math.max(1, target.classes.length - 1);
  if (answers > MANY_ANSWERS && spec.folds === undefined) {
    const { train: fitted, test: held } = splitAtRandom(train, HELD_SHARE, spec.seed + 1, strata);
    return { how: 'a random fifth', folds: [{ fitted, held }] };
  }
  const count = spec.folds ?? (train.length < FEW_ROWS ? FOLDS_OF_FEW : FOLDS);
  const place = placesInFolds(train, count, spec.seed + 1, strata);
  const folds = Array.from({ length: count }, (_, fold) => ({
    fitted: train.filter((_, at) => place[at] !== fold),
    held: train.filter((_, at) => place[at] === fold),
  }));
  return { how: `${count} folds`, folds };
}
