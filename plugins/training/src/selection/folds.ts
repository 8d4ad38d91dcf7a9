import type { TrainingSpec } from '@trestle/contracts';
import type { Prepared } from '../preparation/prepare.ts';
import { dealtRows, dealWhole, sizesOf } from '../table/groups.ts';
import { splitError } from '../table/parts.ts';
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
 * The folds of the training rows: the latest ones where the held-out part is the latest, named parts whole where they are held out
 * whole, a part of many rows, else as many folds as there is time for; of classes the same share in each.
 *
 * @throws TRS_TRAIN_SPLIT where groups have to stay whole, and rows without one of them are of one class
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
    if (differs(target, earlier))
      return { how: 'the latest fifth', folds: [{ fitted: earlier, held: train.slice(from) }] };
  }
  const whole = wholeParts(split, spec);
  if (whole?.folds.every(({ fitted }) => differs(target, fitted))) return whole;
  if (spec.group !== undefined)
    throw splitError(
      `without the rows of some of "${spec.group}" there is one class alone to learn`,
      'Leave --group out, or name a column whose groups each hold several classes.',
    );
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

/** Of rows of one class there is nothing to choose by. */
const differs = ({ values }: Pick<Prepared['target'], 'values'>, rows: Int32Array): boolean => {
  const first = values[rows[0] ?? -1];
  return rows.some((row) => values[row] !== first);
};

/**
 * Whoever holds out sites or persons whole asks how a model does on new ones. Random rows of known ones would choose what knows
 * them by heart, so parts stay whole here as well: the largest first, each to the fold of the fewest rows.
 */
function wholeParts({ train, parts, folds }: Prepared['split'], spec: TrainingSpec): Validation | undefined {
  if (!parts) return undefined;
  const rows = sizesOf(parts, train);
  // One part that is called "train", or a few, say nothing of what rows belong together; groups always do.
  if (rows.size < (folds || spec.group !== undefined ? 2 : FOLDS)) return undefined;
  const count = Math.min(rows.size, spec.folds ?? (train.length < FEW_ROWS ? FOLDS_OF_FEW : FOLDS));
  const foldOf = dealWhole(rows, count);
  const named = spec.group === undefined ? 'part' : 'group';
  const dealt = Array.from({ length: count }, (_, fold) => {
    const { others, held } = dealtRows(parts, train, foldOf, fold);
    return { fitted: others, held };
  });
  return {
    how: rows.size === count ? `${count} folds, each a ${named}` : `${count} folds of whole ${named}s`,
    folds: dealt,
  };
}
