import type { TrainingSpec } from '@trestle/contracts';
import { designPart } from '@trestle/features';
import type { Context } from '@trestle/kernel';
import { buildModel, type Model, type ModelMetadata, openModel } from '@trestle/model';
import type { Learnt } from '../preprocessing/learn.ts';
import type { Prepared } from './prepare.ts';
import { type Fitted, fitFinal, learn, outputsOf, type Tried } from './select-estimator.ts';

/** A model of some rows, as a graph that answers. */
export interface FittedRows {
  readonly rows: Int32Array;
  readonly learnt: Learnt;
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
  chosen: Tried,
  rows: Int32Array,
): Promise<FittedRows> {
  const learnt = await learn(prepared, rows, chosen.candidate.encoding, ctx.signal);
  const fitted = await fitFinal(ctx, prepared, learnt, chosen, spec, rows);
  const { dataset } = prepared;
  const { task, classes } = prepared.target;
  const metadata: ModelMetadata = {
    schema: {
      task,
      target: spec.target,
      features: [...learnt.features],
      classes: [...classes],
      threshold: chosen.threshold,
    },
    golden: { rows: [], predictions: [], tolerance: 0 },
    metrics: {},
    card: '',
    lineage: { run, dataset: `${dataset.dataset}@${dataset.version}`, datasetDigest: dataset.digest },
    reference: { features: [] },
    estimator: chosen.candidate.estimator,
    licence: 'not stated',
    createdAt: new Date().toISOString(),
  };
  const parts = {
    ...designPart(learnt.design),
    head: fitted.head,
    outputs: outputsOf(prepared),
    ...(fitted.exact ? { outputType: 'float64' as const } : {}),
  };
  // A first package without measurements is what they are taken from.
  const model = await openModel(buildModel({ ...parts, metadata }));
  return {
    rows,
    learnt,
    fitted,
    model,
    metadata,
    package: (more) => buildModel({ ...parts, metadata: more }),
  };
}
