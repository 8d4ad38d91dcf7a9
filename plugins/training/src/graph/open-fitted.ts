import type { TrainingSpec } from '@trestle/contracts';
import { designPart, type LearntFeature } from '@trestle/features';
import { buildModel, type Feature, type Model, type ModelMetadata, openModel } from '@trestle/model';
import type { GraphPart } from '@trestle/onnx';
import { outputsOf, type Prepared } from '../preparation/prepare.ts';

/** What becomes a graph: the features, and what is made of their design matrix. */
export interface FittedParts {
  readonly design: readonly LearntFeature[];
  readonly features: readonly Feature[];
  readonly head: GraphPart;
  /** Whether its values come in float64. */
  readonly exact: object | undefined;
}

/** A graph that answers, and can be packaged. */
export interface Opened {
  readonly model: Model;
  /** The same graph with more metadata. */
  package(metadata: ModelMetadata): Uint8Array;
  /** What every package of it has. */
  readonly metadata: ModelMetadata;
}

/** Opens what was fitted as the graph that it is packaged as. */
export async function openFitted(
  prepared: Prepared,
  spec: TrainingSpec,
  fitted: FittedParts,
  about: { readonly run: string; readonly estimator: string; readonly threshold: number },
): Promise<Opened> {
  const { dataset } = prepared;
  const { task, classes } = prepared.target;
  const metadata: ModelMetadata = {
    schema: {
      task,
      target: spec.target,
      features: [...fitted.features],
      classes: [...classes],
      threshold: about.threshold,
    },
    golden: { rows: [], predictions: [], tolerance: 0 },
    metrics: {},
    card: '',
    lineage: {
      run: about.run,
      dataset: `${dataset.dataset}@${dataset.version}`,
      datasetDigest: dataset.digest,
    },
    reference: { features: [] },
    estimator: about.estimator,
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
  return { model, metadata, package: (more) => buildModel({ ...parts, metadata: more }) };
}
