import { metricsSchema, NAME_PATTERN, runSchema, trainingSpecSchema } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { shownTime } from '../table/shown-time.ts';

const shape = trainingSpecSchema.shape;

export const trainOperation = operation({
  id: 'train',
  summary: 'Train on a dataset, evaluate on a held-out part, package the model.',
  kind: 'job',
  access: 'training:write',
  examples: [
    'trestle train --data strikes --target damaged --register strikes',
    'trestle train --data strikes --target damaged --time-column "Flight Date" --exclude "Cost Repair"',
    'trestle train --data strikes --target damaged --estimator trees',
    'trestle train --data weather@2 --target temp_max --estimator linear --json',
  ],
  input: z.object({
    data: shape.data.describe('Dataset, or dataset@version.'),
    target: shape.target.describe('The column to predict.'),
    estimator: shape.estimator.describe(
      'What kind of model: trees (gbdt), linear, mlp, or one of a plugin; auto tries all and lets a validation part decide.',
    ),
    task: shape.task.describe('What is predicted; auto looks at the target.'),
    exclude: shape.exclude.describe(
      'Columns that must not be features, such as those that leak the outcome.',
    ),
    test: shape.test.describe('The share of rows that is held out.'),
    timeColumn: shape.timeColumn.describe('Hold out the latest rows by this column, instead of random ones.'),
    features: shape.features.describe(
      'How features are made, by name, as JSON: {"Flight Date": {"kind": "date"}}; other columns are encoded as usual.',
    ),
    split: shape.split.describe(
      'A recorded split (trestle data split), instead of --test and --time-column.',
    ),
    hold: shape.hold.describe('The part of the split that is held out: test, fold-0, …'),
    seed: shape.seed.describe('Makes random choices repeatable.'),
    trials: shape.trials.describe('How many settings to search.'),
    register: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .optional()
      .describe('Register the model under this name.'),
  }),
  output: z.object({
    run: z.string(),
    task: runSchema.shape.task,
    dataset: z.string().optional(),
    metrics: z.object({ train: metricsSchema, test: metricsSchema }),
    candidates: runSchema.shape.candidates,
    split: runSchema.shape.split,
    notes: z.array(z.string()),
    model: z.object({ name: z.string(), version: z.number(), digest: z.string() }).optional(),
  }),
  load: async () => (await import('./train-handler.ts')).trainAndRegister,
  present: (result) => [
    {
      kind: 'note',
      tone: 'good',
      text: `Run ${result.run} on ${result.dataset}${result.model ? `, registered as ${result.model.name}@${result.model.version}` : ''}`,
    },
    {
      kind: 'table',
      title: 'Candidates (validation part)',
      columns: [
        { key: 'chosen', label: '' },
        { key: 'estimator', label: 'estimator' },
        ...Object.keys(result.candidates[0]?.metrics ?? {}).map((name) => ({
          key: name,
          label: name,
          align: 'right' as const,
        })),
      ],
      rows: result.candidates.map((one) => ({
        chosen: one.chosen ? '→' : '',
        estimator: one.estimator,
        ...one.metrics,
      })),
    },
    {
      kind: 'table',
      title: `The chosen one (${result.split?.testRows} held-out rows${result.split?.boundary ? ` from ${shownTime(result.split.boundary)} on` : ''})`,
      columns: [
        { key: 'metric', label: 'metric' },
        { key: 'test', label: 'held out', align: 'right' },
        { key: 'train', label: 'training', align: 'right' },
      ],
      rows: Object.keys(result.metrics.test).map((metric) => ({
        metric,
        test: result.metrics.test[metric],
        train: result.metrics.train[metric],
      })),
    },
    ...result.notes.map((text): View => ({ kind: 'note', tone: 'info', text })),
  ],
});
