import type { DatasetVersion, Metrics, TrainingSpec } from '@trestle/contracts';
import type { Feature, ModelSchema } from '@trestle/model';
import type { Split } from '../table/split.ts';

export interface CardFacts {
  readonly schema: Omit<ModelSchema, 'features'>;
  readonly features: readonly Feature[];
  readonly estimator: string;
  readonly spec: TrainingSpec;
  readonly dataset: DatasetVersion;
  readonly split: Split;
  /** What the packaged model was fitted to. */
  readonly fittedRows: number;
  readonly metrics: Metrics;
  readonly notes: readonly string[];
}

/** A model card (Mitchell et al. 2019) of what is known without asking anybody. */
export function modelCard({
  schema,
  features,
  estimator,
  spec,
  dataset,
  split,
  fittedRows,
  metrics,
  notes,
}: CardFacts): string {
  const held =
    split.kind === 'time'
      ? `the latest rows, from ${split.boundary ?? 'the boundary'} on`
      : split.kind === 'random'
        ? `a random part (seed ${spec.seed})`
        : split.kind === 'group'
          ? `whole groups of "${spec.group}" (seed ${spec.seed})`
          : split.kind === 'column'
            ? `those that "${spec.splitColumn}" calls "${spec.hold}"`
            : `those that ${spec.split ?? 'the split'} calls "${spec.hold}"`;
  const heldOut = split.folds
    ? `Judged by ${split.folds.length} folds: each row by a model that was fitted to the others.`
    : `Held out: ${split.test.length} rows, ${held}.`;
  const lines = Object.entries(metrics).map(
    ([name, value]) => `| ${name} | ${value?.toPrecision(4) ?? 'no number'} |`,
  );
  const isRefitted = fittedRows > split.train.length;
  const refitted = isRefitted
    ? `\nThen fitted again, in the same way, to all ${fittedRows} rows: that is the model of this package.`
    : '';
  const judged = isRefitted
    ? `The numbers are those of the model before it was fitted again: of the ${split.test.length} held-out rows it had seen none.\n`
    : '';
  return `# Predicts ${schema.target}

A ${estimator} model for ${schema.task === 'regression' ? 'regression' : `${schema.task} classification (${schema.classes.join(', ')})`}.

## Data
Trained on ${split.train.length} rows of \`${dataset.dataset}@${dataset.version}\` (${dataset.digest}). ${heldOut}${refitted}
Columns left out on purpose: ${spec.exclude.length > 0 ? spec.exclude.join(', ') : 'none'}.

## Features
${features.map((feature) => `- ${feature.name}: ${feature.type}${feature.nullable ? ', may be missing' : ''}`).join('\n')}

## How good it is
${judged}
| metric (held-out part) | value |
| --- | --- |
${lines.join('\n')}

## Limits
Known only for rows like those of the training data; watch for drift. Nothing is known of causes.
${notes.map((note) => `- ${note}`).join('\n')}
`;
}
