import { NAME_PATTERN, resources, trainingSpecSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { trainResultSchema, trainViews } from './train-result.ts';

const shape = trainingSpecSchema.shape;

export const trainOperation = operation({
  id: 'train',
  summary: 'Train on a dataset, evaluate on a held-out part, package the model.',
  kind: 'job',
  access: 'training:write',
  resource: ({ data, register }) => resources({ dataset: data, model: register }),
  examples: [
    'trestle train --data strikes --target damaged --register strikes',
    'trestle train --data strikes --target damaged --time-column "Flight Date" --exclude "Cost Repair"',
    'trestle train --data strikes --target damaged --estimator trees',
    'trestle train --data claims --target fraud --positive yes --metric f1 --threshold tuned',
    'trestle train --data flats --target rent --test 0 --folds 10',
    'trestle train --data visits --target cured --group patient',
    'trestle train --data weather@2 --target temp_max --estimator linear --json',
  ],
  input: z.object({
    data: shape.data.describe('Dataset, or dataset@version.'),
    target: shape.target.describe('The column to predict.'),
    estimator: shape.estimator.describe(
      'What kind of model: trees (gbdt), forest, extra-trees, linear, mlp, nearest (knn), naive-bayes, or one of a plugin; auto tries all but those that are taken by name alone (nearest, naive-bayes) and lets a validation part decide.',
    ),
    task: shape.task.describe('What is predicted; auto looks at the target.'),
    exclude: shape.exclude.describe(
      'Columns that must not be features, such as those that leak the outcome.',
    ),
    test: shape.test.describe(
      'The share of rows that is held out; 0 judges every row by a model of the others (cross-validation).',
    ),
    folds: shape.folds.describe(
      'Into how many folds rows are dealt: all with --test 0, else the training rows, on which candidates are judged.',
    ),
    splitColumn: shape.splitColumn.describe(
      'A column with the name of each row’s part, instead of --test; --hold names the part that is held out.',
    ),
    group: shape.group.describe(
      'A column whose rows of one value (a person, a site) stay together, held out and on folds; it is no feature.',
    ),
    timeColumn: shape.timeColumn.describe('Hold out the latest rows by this column, instead of random ones.'),
    features: shape.features.describe(
      'How features are made, by name, as JSON: {"Flight Date": {"kind": "date"}}; other columns are encoded as usual.',
    ),
    split: shape.split.describe(
      'A recorded split (trestle data split), instead of --test and --time-column; with --test 0 each part is held out once.',
    ),
    hold: shape.hold.describe('The part of --split or --split-column that is held out: test, fold-0, …'),
    seed: shape.seed.describe('Makes random choices repeatable.'),
    metric: shape.metric.describe(
      'What decides between candidates (rocAuc, f1, rmse, …); chosen by the task and how rare the positive class is when left out.',
    ),
    positive: shape.positive.describe(
      'Of two classes the one to look for; the usual word for yes, else the rarer one, when left out.',
    ),
    threshold: shape.threshold.describe(
      'From this probability on a row is of the positive class; tuned: where the metric is best on validation rows.',
    ),
    classWeight: shape.classWeight.describe('balanced: a rare class counts as much as a frequent one.'),
    refit: shape.refit.describe(
      'yes: the packaged model is fitted again on all rows, once the held-out ones have judged it; no: it never sees them.',
    ),
    missing: shape.missing.describe(
      'What was never missing in training and is in a row to come: impute answers with the median or most frequent value and says so; refuse.',
    ),
    leaks: shape.leaks.describe(
      'What comes of columns that alone nearly tell the target, as data profile finds them: warn, or refuse to train.',
    ),
    trials: shape.trials.describe(
      'So many settings are drawn besides the usual ones, of each estimator in turn, where good ones were (TPE); 1 draws none.',
    ),
    inferLimit: shape.inferLimit.describe(
      'What one row may take in the model on this machine: 1ms. Slower candidates are not kept, and an ensemble has fewer of them.',
    ),
    budget: shape.budget.describe(
      'What choosing and fitting may take: 60s, 10m, 1h. A minute of auto when nothing is said, else as long as it takes.',
    ),
    quality: shape.quality.describe('fast: the best candidate alone; good: of auto an ensemble of them.'),
    register: z
      .string()
      .regex(NAME_PATTERN, 'use letters, digits, dots, dashes and underscores')
      .optional()
      .describe('Register the model under this name.'),
  }),
  output: trainResultSchema,
  load: async () => (await import('./train-handler.ts')).trainAndRegister,
  present: trainViews,
});
