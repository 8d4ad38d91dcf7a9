import type { Design, Fit, Task } from '@trestle/contracts';
import { type DenseLayer, denseLayers } from '@trestle/model';
import { activate, applyDense } from './apply-dense.ts';
import { type Minimum, minimise } from './lbfgs.ts';
import { bendsOf, exactObjective, isDense, quickObjective } from './linear-objective.ts';

export interface LinearOptions {
  readonly task: Task;
  readonly targets: Float64Array;
  /** How much each row's loss counts; all alike when left out. */
  readonly weights?: Float64Array | undefined;
  readonly outputs: number;
  /** Half of this times the sum of squared weights is added to the sum of the rows' losses; the bias is free. */
  readonly penalty: number;
  /** The largest slope of the mean loss per row at what counts as its optimum. */
  readonly tolerance?: number;
  readonly signal: AbortSignal;
  /** Called behind each step with the mean loss. */
  readonly onStep?: (step: number, loss: number) => void;
}

const MAX_STEPS = 300;
/** From where float32 ended. */
const MAX_LAST_STEPS = 30;
/** Of the mean loss per row; the optimum is unique, so this alone says how near it is. */
const OPTIMUM = 1e-6;
const NEAR_OPTIMUM = 1e-4;

/** The estimator: what is fitted has an optimum and no rounds, so that validation is asked once. */
export const fitLinearModel: Fit<{ readonly penalty: number }> = async (design, { penalty }, options) => {
  const { task, targets, weights, outputs, signal, validation, onRound } = options;
  const { layer, steps, stopped } = await fitLinear(design, {
    task,
    targets,
    weights,
    outputs,
    penalty,
    // To judge settings by.
    ...(validation ? { tolerance: NEAR_OPTIMUM } : {}),
    signal,
    onStep: (step, loss) => onRound(step / MAX_STEPS, { step, loss }),
  });
  const predict = (of: Design): Float32Array => activate(task, applyDense([layer], of), outputs);
  validation?.judge(predict(validation.design));
  const notes =
    stopped === 'steps' ? [`The linear fit ended after ${steps} steps, before it was at its optimum.`] : [];
  return { rounds: 1, predict, head: denseLayers([layer], task), notes };
};

export interface LinearFit {
  readonly layer: DenseLayer;
  readonly steps: number;
  readonly stopped: Minimum['stopped'];
}

/**
 * Fits a linear model to its optimum: logistic, softmax or least squares with an L2 penalty, by L-BFGS. The way there is gone with
 * products in float32 where they are quick, and its end in float64. The same data gives the same weights; there is no chance in it.
 * Needs rows x width numbers and, of them, those that are not zero once more. Ends after `MAX_STEPS + MAX_LAST_STEPS` steps at the
 * latest, and at once when its signal aborts.
 */
export async function fitLinear(data: Design, options: LinearOptions): Promise<LinearFit> {
  const { width } = data;
  const { outputs, tolerance = OPTIMUM, signal, onStep = () => {} } = options;
  const near = isDense(data, outputs) ? await quickFit(data, options) : undefined;
  const before = near?.steps ?? 0;
  const { at, steps, stopped } = await minimise(
    await exactObjective(data, options),
    near?.at ?? new Float64Array((width + 1) * outputs),
    {
      ...{ tolerance, bends: bendsOf(data, options), signal },
      steps: near ? MAX_LAST_STEPS : MAX_STEPS,
      onStep: (step, loss) => onStep(before + step, loss),
    },
  );
  return {
    layer: {
      weights: Float32Array.from(at.subarray(0, width * outputs)),
      bias: Float32Array.from(at.subarray(width * outputs)),
      activation: 'none',
    },
    steps: before + steps,
    stopped,
  };
}

/** Where float32 ends, from columns that are centred; the biases then speak of the columns as they came. */
async function quickFit(data: Design, options: LinearOptions): Promise<Minimum> {
  const { matrix, rows, width } = data;
  const { outputs, tolerance = OPTIMUM, signal, onStep = () => {} } = options;
  const means = new Float64Array(width);
  for (let at = 0; at < matrix.length; at++)
    means[at % width] = (means[at % width] ?? 0) + (matrix[at] ?? 0) / rows;
  const centred = { ...data, matrix: matrix.map((value, at) => value - (means[at % width] ?? 0)) };
  const found = await minimise(
    await quickObjective(centred, options),
    new Float64Array((width + 1) * outputs),
    {
      ...{ tolerance, bends: bendsOf(centred, options), signal, onStep },
      steps: MAX_STEPS,
    },
  );
  const at = found.at.slice();
  for (let place = 0; place < width * outputs; place++) {
    const bias = width * outputs + (place % outputs);
    at[bias] = (at[bias] ?? 0) - (at[place] ?? 0) * (means[Math.floor(place / outputs)] ?? 0);
  }
  return { ...found, at };
}
