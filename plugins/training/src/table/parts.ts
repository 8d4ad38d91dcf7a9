import { trainError } from '../train-error.ts';
import type { Split } from './split.ts';

/** What is kept out of both training and testing, for choices of one's own. */
const VALIDATION = 'validation';

/**
 * Rows by the names of their parts: those of the held part are tested on, those of the part "validation" are kept out of both, all
 * others are trained on.
 *
 * @param of what names the parts, for a person
 * @param usable rows with a target and a part, ascending
 * @throws TRS_TRAIN_SPLIT when there is no such part
 */
export function holdPart(
  kind: Split['kind'],
  of: string,
  parts: readonly string[],
  hold: string,
  usable: Int32Array,
): Split {
  const test = usable.filter((row) => parts[row] === hold);
  const train = usable.filter((row) => parts[row] !== hold && parts[row] !== VALIDATION);
  if (test.length > 0 && train.length > 0) return { kind, train, test, parts };
  throw splitError(
    test.length === 0 ? `no row of ${of} is in the part "${hold}"` : 'no row is left to train on',
    `Its parts: ${shown(namesOf(parts, usable))}. Name one with --hold.`,
  );
}

const MOST_CROSSED = 100;

/** Each part is tested on once, by a model of all others. @throws TRS_TRAIN_SPLIT where there is one part alone, or too many */
export function crossParts(of: string, parts: readonly string[], usable: Int32Array): Split {
  const names = namesOf(parts, usable).filter((name) => name !== VALIDATION);
  if (names.length < 2)
    throw splitError(`${of} has one part alone`, 'Cross-validation needs two parts at least.');
  if (names.length > MOST_CROSSED)
    throw splitError(
      `${of} has ${names.length} parts, and each would be a fit of its own`,
      `At most ${MOST_CROSSED} are held out in turn: name a column of fewer parts, each of which holds several of these.`,
    );
  const rows = usable.filter((row) => parts[row] !== VALIDATION);
  const folds = names.map((name) => ({
    train: rows.filter((row) => parts[row] !== name),
    test: rows.filter((row) => parts[row] === name),
  }));
  return { kind: 'folds', train: rows, test: rows, folds, parts };
}

/** The names of the parts of rows, in order. */
const namesOf = (parts: readonly string[], rows: Int32Array): readonly string[] =>
  [...new Set(Array.from(rows, (row) => parts[row] ?? ''))].sort();

const MOST_NAMED = 20;

const shown = (names: readonly string[]): string =>
  names.length <= MOST_NAMED
    ? names.join(', ')
    : `${names.slice(0, MOST_NAMED).join(', ')} and ${names.length - MOST_NAMED} more`;

export const splitError = (what: string, hint: string) =>
  trainError('SPLIT', { kind: 'invalid', message: `The rows cannot be split so: ${what}.`, hint });
