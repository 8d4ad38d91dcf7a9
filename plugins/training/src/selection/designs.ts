import type { Design, Encoding } from '@trestle/contracts';
import { designCategories, designColumns, encodeDesign } from '@trestle/features';
import { invariant } from '@trestle/kernel';
import { breathe } from '../breathe.ts';
import type { Prepared } from '../preparation/prepare.ts';
import { type Learnt, learnPreprocessing } from '../preprocessing/learn.ts';
import { takeRows } from '../table/table.ts';
import type { Fold } from './folds.ts';

/** So many rows are encoded in well under a second. */
const ENCODED_AT_ONCE = 16_384;
/** Designs beyond this are made anew when they are asked for again. */
const KEPT_BYTES = 512 * 2 ** 20;

/** Learns the preprocessing from some rows alone. */
export async function learn(
  prepared: Prepared,
  rows: Int32Array,
  encoding: Encoding,
  signal: AbortSignal,
): Promise<Learnt> {
  await breathe(signal);
  const from = {
    table: takeRows(prepared.table, rows),
    targets: targetsOf(prepared, rows),
    classes: prepared.target.classes,
  };
  const { candidates, declared, missing, written } = prepared;
  return await learnPreprocessing(from, candidates, declared, { encoding, missing, written }, signal);
}

export const targetsOf = (prepared: Prepared, rows: Int32Array): Float64Array =>
  Float64Array.from(rows, (row) => invariant(prepared.target.values[row], `the target of row ${row}`));

/** A design matrix of some rows. */
export async function designOf(
  prepared: Prepared,
  learnt: Learnt,
  rows: Int32Array,
  signal: AbortSignal,
): Promise<Design> {
  const width = designColumns(learnt.design).length;
  const matrix = new Float32Array(rows.length * width);
  for (let from = 0; from < rows.length; from += ENCODED_AT_ONCE) {
    await breathe(signal);
    const part = takeRows(prepared.table, rows.subarray(from, from + ENCODED_AT_ONCE));
    const columns = Object.fromEntries(
      Object.entries(part.columns).map(([name, column]) => [name, column.values]),
    );
    matrix.set(encodeDesign(learnt.design, columns, part.rows).matrix, from * width);
  }
  return { rows: rows.length, width, matrix, categories: designCategories(learnt.design) };
}

interface FoldDesigns {
  readonly learnt: Learnt;
  readonly fitted: Design;
  readonly held: Design;
}

/** The designs of folds in each encoding, made when a candidate first asks and kept as long as there is room. */
export function designsOf(prepared: Prepared, folds: readonly Fold[], signal: AbortSignal) {
  const kept = new Map<string, FoldDesigns>();
  let bytes = 0;
  return async (place: number, encoding: Encoding): Promise<FoldDesigns> => {
    const key = `${place} ${encoding}`;
    const known = kept.get(key);
    if (known) return known;
    const { fitted, held } = invariant(folds[place], `fold ${place}`);
    const learnt = await learn(prepared, fitted, encoding, signal);
    const made = {
      learnt,
      fitted: await designOf(prepared, learnt, fitted, signal),
      held: await designOf(prepared, learnt, held, signal),
    };
    bytes += bytesOf(made);
    kept.set(key, made);
    for (const [oldest, of] of kept) {
      if (bytes <= KEPT_BYTES) break;
      kept.delete(oldest);
      bytes -= bytesOf(of);
    }
    return made;
  };
}

const bytesOf = ({ fitted, held }: FoldDesigns): number => fitted.matrix.byteLength + held.matrix.byteLength;
