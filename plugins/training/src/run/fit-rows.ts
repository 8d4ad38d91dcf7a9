import type { TrainingSpec } from '@trestle/contracts';
import { designPart } from '@trestle/features';
import type { Context } from '@trestle/kernel';
import { buildModel, type Model, type ModelMetadata, openModel } from '@trestle/model';
import { outputsOf, type Prepared } from '../preparation/prepare.ts';
import { type Fitted, fitChosen } from '../selection/fit-chosen.ts';
import type { Selection } from '../selection/select.ts';

/** A model of some rows, as a graph that answers. */
export interface FittedRows {
  readonly rows: Int32Array;
  readonly fitted: Fitted;
  readonly model: Model;
  /** The same graph with more metadata. */
  package(metadata: ModelMetadata): Uint8Array;
  /** What every package of it has. */
  readonly metadata: ModelMetadata;
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
  const fitted = await fitChosen(ctx, prepared, chosen.tried, rows, spec);
  const { dataset } = prepared;
  const { task, classes } = prepared.target;
  const metadata: ModelMetadata = {
    schema: {
      task,
      target: spec.target,
      features: [...fitted.features],
      classes: [...classes],
      threshold: chosen.threshold,
    },
    golden: { rows: [], predictions: [], tolerance: 0 },
    metrics: {},
    card: '',
    lineage: { run, dataset: `${dataset.dataset}@${dataset.version}`, datasetDigest: dataset.digest },
    reference: { features: [] },
    estimator: chosen.estimator,
    licence: 'not stated',
    createdAt: new Date().toISOString(),
  };
  const parts = {
    ...designPart(fitted.design),
    head: fitted.head,
    outputs: outputsOf(prepared),
    ...(fitted.exact ? { outputType: 'float64' as const } : {}),
  };
  // A first package without measurements is what they are taken from.
  const model = await openModel(buildModel({ ...parts, metadata }));
  return {
    rows,
    fitted,
    model,
    metadata,
    package: (more) => buildModel({ ...parts, metadata: more }),
  };
}
