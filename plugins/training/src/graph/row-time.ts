import type { TrainingSpec } from '@trestle/contracts';
import type { Feature, Model } from '@trestle/model';
import { toRows } from '../packaging/golden.ts';
import type { Prepared } from '../preparation/prepare.ts';
import { takeRows } from '../table/table.ts';
import { type FittedParts, openFitted } from './open-fitted.ts';

/** Rows that are asked for one by one, and how often while it is measured. */
const [ROWS, MEASURED] = [8, 64];
/** Asked so often before, or for so long: what has just been compiled takes several times as long, and the first candidate would pay for all. */
const [WARM, WARM_MS] = [400, 200];

/** The milliseconds that one row takes in a model alone, in process: the median of several. */
export async function rowTime(
  model: Model,
  prepared: Prepared,
  features: readonly Feature[],
  rows: Int32Array,
): Promise<number> {
  const some = takeRows(prepared.table, rows.slice(0, ROWS));
  const asked = toRows(
    some,
    features,
    Array.from({ length: some.rows }, (_, row) => row),
  ).filter((row) => features.every(({ name, nullable }) => nullable || row[name] !== null));
  const times: number[] = [];
  const since = performance.now();
  for (let at = 0; times.length < MEASURED; at++) {
    const row = asked[at % asked.length];
    // Each has something missing that may not be: nothing could be asked.
    if (!row) return Number.NaN;
    const began = performance.now();
    const isWarm = at >= WARM || began - since >= WARM_MS;
    await model.predict([row]);
    if (isWarm) times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[MEASURED / 2] ?? Number.NaN;
}

/** The milliseconds that one row takes in a model of what was fitted to a fold. */
export async function rowTimeOf(
  prepared: Prepared,
  spec: TrainingSpec,
  fitted: FittedParts,
  rows: Int32Array,
): Promise<number> {
  const { model } = await openFitted(prepared, spec, fitted, { run: '', estimator: '', threshold: 0.5 });
  return await rowTime(model, prepared, fitted.features, rows);
}
