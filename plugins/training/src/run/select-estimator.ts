import type { Metrics, TrainingSpec } from '@trestle/contracts';
import { encodeDesign } from '@trestle/features';
import type { Context } from '@trestle/kernel';
import type { DenseLayer } from '@trestle/model';
import { averageNets } from '../estimator/average-nets.ts';
import { type DenseRecipe, type LinearRecipe, type Recipe, recipesFor } from '../estimator/estimators.ts';
import { applyDense, type DesignData, fitDense } from '../estimator/fit-dense.ts';
import { fitLinear } from '../estimator/fit-linear.ts';
import { activate, DECIDING_METRIC, measure } from '../evaluation/metrics.ts';
import { type Learnt, learnPreprocessing } from '../preprocessing/learn.ts';
import { type Split, splitAtRandom } from '../table/split.ts';
import { takeRows } from '../table/table.ts';
import type { Prepared } from './prepare.ts';

/** The part of the training rows that chooses between recipes and says when to stop. */
const VALIDATION_SHARE = 0.2;
const MAX_EPOCHS = 40;
const PATIENCE = 8;

/** What one estimator reached on the validation part, and how long it took to get there. */
export interface Candidate {
  readonly recipe: Recipe;
  readonly epochs: number;
  readonly metrics: Metrics;
  readonly curve: readonly number[];
}

export const outputsOf = ({ target }: Prepared): number =>
  target.task === 'multiclass' ? target.classes.length : 1;

/** Learns the preprocessing from some rows alone. */
export const learn = (prepared: Prepared, rows: Int32Array): Learnt =>
  learnPreprocessing(
    {
      table: takeRows(prepared.table, rows),
      targets: Float64Array.from(rows, (row) => prepared.target.values[row] ?? Number.NaN),
      classes: prepared.target.classes,
    },
    prepared.candidates,
    prepared.declared,
  );

/** A design matrix of some rows; regression targets are scaled by the caller. */
export function designOf(prepared: Prepared, learnt: Learnt, rows: Int32Array): DesignData {
  const part = takeRows(prepared.table, rows);
  const columns = Object.fromEntries(
    Object.entries(part.columns).map(([name, column]) => [name, column.values]),
  );
  return {
    ...encodeDesign(learnt.design, columns, part.rows),
    targets: Float32Array.from(rows, (row) => prepared.target.values[row] ?? 0),
  };
}

/** Fits every recipe on one part of the training rows and measures it on the rest: the held-out part has no say. */
export async function selectEstimators(
  ctx: Context,
  prepared: Prepared,
  spec: TrainingSpec,
): Promise<readonly Candidate[]> {
  const recipes = recipesFor(spec);
  const { train, test: validation } = validationSplit(prepared, spec);
  const learnt = learn(prepared, train);
  const data = designOf(prepared, learnt, train);
  const held = designOf(prepared, learnt, validation);
  const candidates: Candidate[] = [];
  for (const [index, recipe] of recipes.entries()) {
    const report = (epoch: number, score: number | undefined, loss: number): void =>
      ctx.progress({
        step: `${recipe.estimator} ${index + 1}/${recipes.length}`,
        fraction: (0.75 * (index + epoch / MAX_EPOCHS)) / recipes.length,
        values: {
          epoch,
          loss,
          ...(score === undefined ? {} : { [DECIDING_METRIC[prepared.target.task].name]: score }),
        },
      });
    candidates.push(await fitCandidate(ctx, prepared, recipe, data, held, spec.seed, report));
  }
  return candidates;
}

function validationSplit(prepared: Prepared, spec: TrainingSpec): Pick<Split, 'train' | 'test'> {
  const { train, kind } = prepared.split;
  const strata = prepared.target.task === 'regression' ? undefined : prepared.target.values;
  if (kind !== 'time') return splitAtRandom(train, VALIDATION_SHARE, spec.seed + 1, strata);
  // The training rows are in the order of time, so their tail is the latest.
  const from = Math.round(train.length * (1 - VALIDATION_SHARE));
  return { train: train.slice(0, from), test: train.slice(from) };
}

async function fitCandidate(
  ctx: Context,
  prepared: Prepared,
  recipe: Recipe,
  data: DesignData,
  held: DesignData,
  seed: number,
  report: (epoch: number, score: number | undefined, loss: number) => void,
): Promise<Candidate> {
  const { task, classes } = prepared.target;
  const { name, sign } = DECIDING_METRIC[task];
  const scaling = targetScaling(task, data.targets);
  if (recipe.estimator === 'linear') {
    const layer = await fitLinearLayer(ctx, prepared, recipe, data, (step, loss) =>
      report(Math.min(step, MAX_EPOCHS), undefined, loss),
    );
    const scores = scaling.back(activate(task, applyDense([layer], held), outputsOf(prepared)));
    const metrics = measure(task, held.targets, scores, classes.length);
    return { recipe, epochs: 1, metrics, curve: [metrics[name] ?? Number.NaN].filter(Number.isFinite) };
  }
  let best: { score: number; epochs: number; metrics: Metrics } | undefined;
  const curve: number[] = [];
  await fitDense(
    { ...data, targets: scaling.forward(data.targets) },
    {
      task,
      outputs: outputsOf(prepared),
      recipe,
      epochs: MAX_EPOCHS,
      seed,
      signal: ctx.signal,
      onEpoch(epoch, layers, loss) {
        const scores = scaling.back(activate(task, applyDense(layers, held), outputsOf(prepared)));
        const metrics = measure(task, held.targets, scores, classes.length);
        const score = sign * (metrics[name] ?? Number.NaN);
        curve.push(metrics[name] ?? Number.NaN);
        if (!best || score > best.score) best = { score, epochs: epoch + 1, metrics };
        report(epoch + 1, metrics[name] ?? 0, loss);
        return epoch + 1 - best.epochs >= PATIENCE ? 'stop' : 'go-on';
      },
    },
  );
  return {
    recipe,
    epochs: best?.epochs ?? MAX_EPOCHS,
    metrics: best?.metrics ?? {},
    curve: curve.filter(Number.isFinite),
  };
}

/** Fits a linear recipe, on targets that are scaled for a regression. */
async function fitLinearLayer(
  ctx: Context,
  prepared: Prepared,
  recipe: LinearRecipe,
  data: DesignData,
  onStep: (step: number, loss: number) => void,
): Promise<DenseLayer> {
  const { task } = prepared.target;
  const targets = targetScaling(task, data.targets).forward(data.targets);
  return await fitLinear(
    { ...data, targets },
    { task, outputs: outputsOf(prepared), penalty: recipe.penalty, signal: ctx.signal, onStep },
  );
}

/** Regression targets are learnt with mean 0 and deviation 1. */
export function targetScaling(task: Prepared['target']['task'], targets: Float32Array) {
  if (task !== 'regression') {
    return {
      forward: (values: Float32Array) => values,
      back: (values: Float32Array) => values,
      mean: 0,
      deviation: 1,
    };
  }
  let [mean, square] = [0, 0];
  for (const value of targets) mean += value / targets.length;
  for (const value of targets) square += (value - mean) ** 2 / targets.length;
  const deviation = Math.sqrt(square) || 1;
  return {
    forward: (values: Float32Array) => values.map((value) => (value - mean) / deviation),
    back: (values: Float32Array) => values.map((value) => value * deviation + mean),
    mean,
    deviation,
  };
}

/** Nets that start differently err differently; their mean errs less (Hansen and Salamon 1990). */
const ENSEMBLE = 3;

/** Fits the chosen recipe on all training rows, for as many epochs as served it best. */
export async function fitFinal(
  ctx: Context,
  prepared: Prepared,
  learnt: Learnt,
  chosen: Candidate,
  seed: number,
): Promise<readonly DenseLayer[]> {
  const data = designOf(prepared, learnt, prepared.split.train);
  const scaling = targetScaling(prepared.target.task, data.targets);
  const scaled = { ...data, targets: scaling.forward(data.targets) };
  const { recipe } = chosen;
  const net =
    recipe.estimator === 'linear'
      ? [await fitLinearLayer(ctx, prepared, recipe, data, () => {})]
      : await fitNets(ctx, prepared, recipe, scaled, chosen.epochs, seed);
  const last = net.at(-1);
  if (!last || prepared.target.task !== 'regression') return net;
  // The scaling of the target becomes part of the last layer.
  return [
    ...net.slice(0, -1),
    {
      ...last,
      weights: last.weights.map((w) => w * scaling.deviation),
      bias: last.bias.map((b) => b * scaling.deviation + scaling.mean),
    },
  ];
}

/** The mean of several nets, each fitted for as many epochs as served the recipe best. */
async function fitNets(
  ctx: Context,
  prepared: Prepared,
  recipe: DenseRecipe,
  scaled: DesignData,
  epochs: number,
  seed: number,
): Promise<readonly DenseLayer[]> {
  const nets: (readonly DenseLayer[])[] = [];
  for (let member = 0; member < ENSEMBLE; member++) {
    let fitted: readonly DenseLayer[] = [];
    await fitDense(scaled, {
      task: prepared.target.task,
      outputs: outputsOf(prepared),
      recipe,
      // The learning rate falls along the same cosine as when the number of epochs was chosen.
      epochs: MAX_EPOCHS,
      seed: seed + member,
      signal: ctx.signal,
      onEpoch(epoch, layers) {
        fitted = layers;
        const fraction = (member + (epoch + 1) / epochs) / ENSEMBLE;
        ctx.progress({
          step: `fitting ${recipe.estimator} on all training rows`,
          fraction: 0.75 + 0.15 * fraction,
        });
        return epoch + 1 >= epochs ? 'stop' : 'go-on';
      },
    });
    nets.push(fitted);
  }
  return averageNets(nets);
}
