import type { TrainingSpec } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { type Opened, openFitted } from '../graph/open-fitted.ts';
import type { Prepared } from '../preparation/prepare.ts';
import { type Fitted, fitChosen } from '../selection/fit-chosen.ts';
import type { Selection } from '../selection/select.ts';

/** A model of some rows, as a graph that answers. */
export interface FittedRows extends Opened {
  readonly rows: Int32Array;
  readonly fitted: Fitted;
}

/** Learns the features of some rows, fits what was chosen to them, and opens it as the graph that it is packaged as. */
export async function fitRows(
  ctx: Context,
  spec: TrainingSpec,
  prepared: Prepared,
  run: string,
  chosen: Selection,
  rows: Int32Array,
): Promise<FittedRows> {
  const fitted = await fitChosen(ctx, prepared, chosen, rows, spec);
  const { estimator, threshold } = chosen;
  return { rows, fitted, ...(await openFitted(prepared, spec, fitted, { run, estimator, threshold })) };
}
