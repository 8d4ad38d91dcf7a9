import { random } from '@trestle/core';
import { invariant } from '@trestle/kernel';
import { trainError } from '../train-error.ts';
import { shownTime } from './shown-time.ts';

/** Which rows are trained on, and which are held out. */
export interface Split {
  readonly kind: 'time' | 'random' | 'recorded' | 'column' | 'group' | 'folds';
  readonly train: Int32Array;
  readonly test: Int32Array;
  /** Of cross-validation: each row is in the test part of one of them; `train` and `test` then are all rows. */
  readonly folds?: readonly { readonly train: Int32Array; readonly test: Int32Array }[];
  /** Of a split by named parts or groups, that of each row of the table: what stays whole. */
  readonly parts?: readonly string[];
  /** The first time of the held-out part, ISO 8601, or the number that stands for it. */
  readonly boundary?: string;
}

const MIN_ROWS = 20;

/**
 * Holds out the latest rows. Rows of one time stay on one side, so that nothing of a moment is both learnt and tested.
 *
 * @param times ascending, of all usable rows
 * @param isMoment whether they are milliseconds since 1970, and not years or other numbers
 */
export function splitByTime(times: Float64Array, usable: Int32Array, share: number, isMoment = true): Split {
  checkSize(usable.length, share);
  let from = Math.round(usable.length * (1 - share));
  const at = (index: number): number => times[usable[index] ?? 0] ?? Number.NaN;
  while (from > 0 && from < usable.length && at(from) === at(from - 1)) from++;
  if (from >= usable.length) {
    throw trainError('SPLIT', {
      kind: 'invalid',
      message: 'The latest rows all have one time, so they cannot be split by it.',
      hint: 'Leave --time-column out.',
    });
  }
  return {
    kind: 'time',
    train: usable.slice(0, from),
    test: usable.slice(from),
    boundary: isMoment ? new Date(at(from)).toISOString() : String(at(from)),
  };
}

/** Holds out a random part; for classes the same share of each. */
export function splitAtRandom(usable: Int32Array, share: number, seed: number, strata?: Float64Array): Split {
  checkSize(usable.length, share);
  const groups = new Map<number, number[]>();
  for (const row of usable) {
    const stratum = strata?.[row] ?? 0;
    const group = groups.get(stratum) ?? [];
    group.push(row);
    groups.set(stratum, group);
  }
  const test: number[] = [];
  const train: number[] = [];
  for (const [index, group] of [...groups.values()].entries()) {
    const order = random.permutation(
      random.split(random.key(seed), groups.size)[index] ?? random.key(seed),
      group.length,
    );
    const held = Math.round(group.length * share);
    for (const [at, place] of order.entries()) (at < held ? test : train).push(group[place] ?? 0);
  }
  const sorted = (rows: readonly number[]): Int32Array => Int32Array.from(rows).sort();
  return { kind: 'random', train: sorted(train), test: sorted(test) };
}

/** Deals all rows into folds, of classes the same share of each: each fold is tested on once, by a model of all others. */
export function splitIntoFolds(
  usable: Int32Array,
  count: number,
  seed: number,
  strata?: Float64Array,
): Split {
  checkSize(usable.length, 1 / count);
  const place = placesInFolds(usable, count, seed, strata);
  const folds = Array.from({ length: count }, (_, fold) => ({
    train: usable.filter((_, at) => place[at] !== fold),
    test: usable.filter((_, at) => place[at] === fold),
  }));
  return { kind: 'folds', train: usable, test: usable, folds };
}

/** Deals rows out to folds in turn, those of a stratum one behind the other. */
export function placesInFolds(
  rows: Int32Array,
  count: number,
  seed: number,
  strata: Float64Array | undefined,
): Uint8Array {
  const groups = new Map<number, number[]>();
  for (const [at, row] of rows.entries()) {
    const stratum = strata?.[row] ?? 0;
    const group = groups.get(stratum);
    if (group) group.push(at);
    else groups.set(stratum, [at]);
  }
  const keys = random.split(random.key(seed), groups.size);
  const places = new Uint8Array(rows.length);
  let dealt = 0;
  for (const [index, group] of [...groups.values()].entries())
    for (const place of random.permutation(invariant(keys[index], 'a key a stratum'), group.length))
      places[invariant(group[place], 'a row of the stratum')] = dealt++ % count;
  return places;
}

function checkSize(rows: number, share: number): void {
  if (rows >= MIN_ROWS && Math.round(rows * share) >= 1) return;
  throw trainError('TOO_FEW_ROWS', {
    kind: 'invalid',
    message: `${rows} rows with a target are too few to train on and to hold ${share} of them out.`,
    hint: `Use at least ${MIN_ROWS} rows.`,
  });
}

/**
 * Says what a split does to the classes: which the model cannot learn, as they are held out alone, and which it is not judged on.
 *
 * @throws TRS_TRAIN_SPLIT when one class, or one number, is all that is left to learn from
 */
export function checkParts(
  { train, test, boundary }: Split,
  { values, classes }: { readonly values: Float64Array; readonly classes: readonly string[] },
  target: string,
): readonly string[] {
  const from = boundary === undefined ? '' : `, which ends before ${shownTime(boundary)}`;
  const [learnt, held] = [train, test].map((rows) => new Set(Array.from(rows, (row) => values[row])));
  if (learnt?.size === 1) {
    const [only = Number.NaN] = learnt;
    throw trainError('SPLIT', {
      kind: 'invalid',
      message: `The target "${target}" is always "${classes[only] ?? only}" in the training part${from}: there is nothing to learn.`,
      hint: 'Choose another split (--test, --time-column, --split), or add rows.',
      details: { column: target },
    });
  }
  if (classes.length === 0) return [];
  const alone = classes.filter((_, index) => !learnt?.has(index));
  const unjudged = classes.filter((_, index) => !held?.has(index));
  const named = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');
  return [
    ...(alone.length > 0
      ? [
          `Of the target "${target}", ${named(alone)} is in the held-out part alone: the model cannot answer it.`,
        ]
      : []),
    ...(unjudged.length > 0
      ? [
          `Of the target "${target}", no row of ${named(unjudged)} is held out: how well the model knows it is not measured.`,
        ]
      : []),
  ];
}
