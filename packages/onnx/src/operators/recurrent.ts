import type { OnnxError } from '../onnx-error.ts';
import { transposed } from '../tensor/places.ts';
import { sigmoid, softplus } from '../tensor/special-functions.ts';
import { doublesOf, fromNumbers, integersOf, type NumberArray, type Tensor } from '../tensor/tensor.ts';
import { checked, choice, flag, float, floatList, int, type Spec, strings } from './attributes.ts';
import { type Call, type Definition, op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;
type Activation = (x: number) => number;

/** Activations that a cell may have, with the numbers that they have by default. */
const ACTIVATIONS: Readonly<
  Record<string, { alpha?: number; beta?: number; fn: (alpha: number, beta: number) => Activation }>
> = {
  relu: { fn: () => (x) => Math.max(0, x) },
  tanh: { fn: () => Math.tanh },
  sigmoid: { fn: () => sigmoid },
  softsign: { fn: () => (x) => x / (1 + Math.abs(x)) },
  softplus: { fn: () => softplus },
  affine: { alpha: 1, beta: 0, fn: (alpha, beta) => (x) => alpha * x + beta },
  leakyrelu: { alpha: 0.01, fn: (alpha) => (x) => (x < 0 ? alpha * x : x) },
  thresholdedrelu: { alpha: 1, fn: (alpha) => (x) => (x >= alpha ? x : 0) },
  scaledtanh: { alpha: 1, beta: 1, fn: (alpha, beta) => (x) => alpha * Math.tanh(beta * x) },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    fn: (alpha, beta) => (x) => Math.min(1, Math.max(0, alpha * x + beta)),
  },
  elu: { alpha: 1, fn: (alpha) => (x) => (x < 0 ? alpha * Math.expm1(x) : x) },
};

interface Options {
  readonly activation_alpha: readonly number[] | undefined;
  readonly activation_beta: readonly number[] | undefined;
  readonly activations: readonly string[] | undefined;
  readonly clip: number | undefined;
  readonly direction: 'forward' | 'reverse' | 'bidirectional';
  readonly hidden_size: number | undefined;
  readonly layout?: boolean;
}

/** The activations of each direction; the lists of numbers are used up by those that have some. */
function activationsOf(options: Options, names: readonly string[], fail: Fail): Activation[][] {
  const directions = options.direction === 'bidirectional' ? 2 : 1;
  const given = options.activations ?? new Array<readonly string[]>(directions).fill(names).flat();
  if (given.length !== names.length * directions && given.length !== names.length)
    throw fail(`it has ${given.length} activations for ${names.length * directions}`);
  let [alphas, betas] = [0, 0];
  const list = given.map((name) => {
    const own = ACTIVATIONS[name.toLowerCase()];
    if (!own) throw fail(`its activation ${name} is not known`);
    const alpha = own.alpha === undefined ? 0 : (options.activation_alpha?.[alphas++] ?? own.alpha);
    const beta = own.beta === undefined ? 0 : (options.activation_beta?.[betas++] ?? own.beta);
    return own.fn(alpha, beta);
  });
  return Array.from({ length: directions }, (_, at) =>
    list.length > names.length ? list.slice(at * names.length, (at + 1) * names.length) : list,
  );
}

interface CellParts {
  /** What the gates get from the input and the state, with both biases; [gates, hidden]. */
  readonly fromInput: Float64Array;
  readonly hidden: number;
  readonly state: Float64Array;
  readonly memory: Float64Array;
  /** Adds a gate's product of a vector with the recurrent weights. */
  recurrent(gate: number, vector: Float64Array): Float64Array;
  readonly recurrentBias: (gate: number, unit: number) => number;
  readonly peephole: (gate: number, unit: number) => number;
  readonly clip: (x: number) => number;
}
type Cell = (parts: CellParts, activations: readonly Activation[]) => void;

interface Recurrence {
  readonly gates: number;
  readonly names: readonly string[];
  readonly cell: Cell;
}

/** Runs a cell along the steps of a batch, in one or both directions. */
function run(
  [x, w, r, b, lengths, initial, initialMemory, peepholes]: readonly (Tensor | undefined)[],
  options: Options,
  { gates, names, cell }: Recurrence,
  call: Call,
): Tensor[] {
  if (!x || !w || !r) throw call.fail('its input or weights are missing');
  const directions = options.direction === 'bidirectional' ? 2 : 1;
  const isBatchFirst = options.layout ?? false;
  const input = isBatchFirst ? transposed(x, [1, 0, 2]) : x;
  const [steps = 0, batch = 0, size = 0] = input.dims;
  const hidden = r.dims[2] ?? 0;
  const wanted = [directions, gates * hidden, size].join();
  if (
    w.dims.join() !== wanted ||
    r.dims.join() !== [directions, gates * hidden, hidden].join() ||
    (options.hidden_size ?? hidden) !== hidden
  )
    throw call.fail(`weights [${w.dims}] and [${r.dims}] do not fit an input of ${size}`);
  const activations = activationsOf(options, names, call.fail);
  const counts = lengths ? integersOf(lengths) : undefined;
  const [data, weights, recurrent] = [doublesOf(input), doublesOf(w), doublesOf(r)];
  const [biases, peeps] = [b && doublesOf(b), peepholes && doublesOf(peepholes)];
  const states = (one: Tensor | undefined): NumberArray | undefined =>
    one && doublesOf(isBatchFirst ? transposed(one, [1, 0, 2]) : one);
  const [starts, memories] = [states(initial), states(initialMemory)];
  const all = new Float64Array(steps * directions * batch * hidden);
  const last = new Float64Array(directions * batch * hidden);
  const lastMemory = new Float64Array(directions * batch * hidden);
  const limit = options.clip;
  const clip =
    limit === undefined
      ? (value: number) => value
      : (value: number) => Math.min(limit, Math.max(-limit, value));
  for (let direction = 0; direction < directions; direction++) {
    const isReverse = options.direction === 'reverse' || direction === 1;
    const biasAt = direction * 2 * gates * hidden;
    for (let row = 0; row < batch; row++) {
      const from = (direction * batch + row) * hidden;
      const state = new Float64Array(hidden);
      const memory = new Float64Array(hidden);
      for (let i = 0; i < hidden; i++) {
        state[i] = starts?.[from + i] ?? 0;
        memory[i] = memories?.[from + i] ?? 0;
      }
      const count = Math.min(steps, counts?.[row] ?? steps);
      const fromInput = new Float64Array(gates * hidden);
      for (let step = 0; step < count; step++) {
        const at = isReverse ? count - 1 - step : step;
        const own = (at * batch + row) * size;
        for (let unit = 0; unit < gates * hidden; unit++) {
          let sum = biases?.[biasAt + unit] ?? 0;
          const line = (direction * gates * hidden + unit) * size;
          for (let k = 0; k < size; k++) sum += (data[own + k] ?? 0) * (weights[line + k] ?? 0);
          fromInput[unit] = sum;
        }
        cell(
          {
            ...{ fromInput, hidden, state, memory, clip },
            recurrent(gate, vector) {
              const out = new Float64Array(hidden);
              for (let unit = 0; unit < hidden; unit++) {
                const line = ((direction * gates + gate) * hidden + unit) * hidden;
                let sum = 0;
                for (let k = 0; k < hidden; k++) sum += (vector[k] ?? 0) * (recurrent[line + k] ?? 0);
                out[unit] = sum;
              }
              return out;
            },
            recurrentBias: (gate, unit) => biases?.[biasAt + (gates + gate) * hidden + unit] ?? 0,
            peephole: (gate, unit) => peeps?.[(direction * 3 + gate) * hidden + unit] ?? 0,
          },
          activations[direction] ?? [],
        );
        all.set(state, ((at * directions + direction) * batch + row) * hidden);
      }
      last.set(state, from);
      lastMemory.set(memory, from);
    }
  }
  const y = fromNumbers(x.type, [steps, directions, batch, hidden], all);
  const [h, c] = [last, lastMemory].map((one) => fromNumbers(x.type, [directions, batch, hidden], one));
  if (!h || !c) throw call.fail('it has no state');
  return isBatchFirst
    ? [transposed(y, [2, 0, 1, 3]), transposed(h, [1, 0, 2]), transposed(c, [1, 0, 2])]
    : [y, h, c];
}

const rnnCell: Cell = ({ fromInput, hidden, state, recurrent, recurrentBias, clip }, [f = Math.tanh]) => {
  const own = recurrent(0, state);
  for (let i = 0; i < hidden; i++)
    state[i] = f(clip((fromInput[i] ?? 0) + (own[i] ?? 0) + recurrentBias(0, i)));
};

/** The gates are z (update), r (reset) and h (candidate). */
const gruCell =
  (isLinearBeforeReset: boolean): Cell =>
  ({ fromInput, hidden, state, recurrent, recurrentBias, clip }, [f = sigmoid, g = Math.tanh]) => {
    const [update, reset] = [recurrent(0, state), recurrent(1, state)];
    const z = new Float64Array(hidden);
    const gated = new Float64Array(hidden);
    const r = new Float64Array(hidden);
    for (let i = 0; i < hidden; i++) {
      z[i] = f(clip((fromInput[i] ?? 0) + (update[i] ?? 0) + recurrentBias(0, i)));
      r[i] = f(clip((fromInput[hidden + i] ?? 0) + (reset[i] ?? 0) + recurrentBias(1, i)));
      gated[i] = (r[i] ?? 0) * (state[i] ?? 0);
    }
    const candidate = recurrent(2, isLinearBeforeReset ? state : gated);
    for (let i = 0; i < hidden; i++) {
      const own = (candidate[i] ?? 0) + recurrentBias(2, i);
      const hiddenPart = isLinearBeforeReset ? (r[i] ?? 0) * own : own;
      const h = g(clip((fromInput[2 * hidden + i] ?? 0) + hiddenPart));
      state[i] = (1 - (z[i] ?? 0)) * h + (z[i] ?? 0) * (state[i] ?? 0);
    }
  };

/** The gates are i (input), o (output), f (forget) and c (cell); the peepholes are those of i, o and f. */
const lstmCell =
  (isCoupled: boolean): Cell =>
  (
    { fromInput, hidden, state, memory, recurrent, recurrentBias, peephole, clip },
    [f = sigmoid, g = Math.tanh, h = Math.tanh],
  ) => {
    const gates = [0, 1, 2, 3].map((gate) => recurrent(gate, state));
    const sum = (gate: number, unit: number): number =>
      (fromInput[gate * hidden + unit] ?? 0) + (gates[gate]?.[unit] ?? 0) + recurrentBias(gate, unit);
    for (let unit = 0; unit < hidden; unit++) {
      const old = memory[unit] ?? 0;
      const i = f(clip(sum(0, unit) + peephole(0, unit) * old));
      const forget = isCoupled ? 1 - i : f(clip(sum(2, unit) + peephole(2, unit) * old));
      const next = forget * old + i * g(clip(sum(3, unit)));
      const o = f(clip(sum(1, unit) + peephole(1, unit) * next));
      memory[unit] = next;
      state[unit] = o * h(next);
    }
  };

const common = {
  activation_alpha: floatList(),
  activation_beta: floatList(),
  activations: strings(),
  clip: float(),
  direction: choice('forward', 'reverse', 'bidirectional'),
  hidden_size: int(),
};
/** Of operator set 1: whether the whole sequence is wanted, which the outputs say too. */
const output_sequence: Spec<number> = checked(int(0), (value) => value === 0 || value === 1, '0 or 1');
const layout = { layout: flag(false) };
const refuse =
  (names: readonly string[]) =>
  (options: Options): string | undefined => {
    try {
      activationsOf(options, names, (reason) => new Error(reason) as OnnxError);
      return undefined;
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : 'its activations are not known';
    }
  };

const SIGNATURE = 'T:float T T T? L:int32? T? -> T T' as const;
const recurrent = (recurrence: Recurrence, more: Record<string, Spec<unknown>>): Definition =>
  op(
    SIGNATURE,
    { ...common, ...more },
    (inputs, options, call) => run(inputs, options, recurrence, call).slice(0, 2),
    {
      refuse: refuse(recurrence.names),
    },
  );
const rnn: Recurrence = { gates: 1, names: ['Tanh'], cell: rnnCell };
export const RNN: Versions = {
  1: recurrent(rnn, { output_sequence }),
  7: recurrent(rnn, {}),
  14: recurrent(rnn, layout),
};

const gru = (more: Record<string, Spec<unknown>>): Definition =>
  op(
    SIGNATURE,
    { ...common, linear_before_reset: flag(false), ...more },
    (inputs, options, call) =>
      run(
        inputs,
        options,
        { gates: 3, names: ['Sigmoid', 'Tanh'], cell: gruCell(options.linear_before_reset) },
        call,
      ).slice(0, 2),
    { refuse: refuse(['Sigmoid', 'Tanh']) },
  );
export const GRU: Versions = {
  1: recurrent({ gates: 3, names: ['Sigmoid', 'Tanh'], cell: gruCell(false) }, { output_sequence }),
  3: gru({ output_sequence }),
  7: gru({}),
  14: gru(layout),
};

const LSTM_NAMES = ['Sigmoid', 'Tanh', 'Tanh'];
const lstm = (more: Record<string, Spec<unknown>>): Definition =>
  op(
    'T:float T T T? L:int32? T? T? T? -> T T T',
    { ...common, input_forget: flag(false), ...more },
    (inputs, options, call) =>
      run(inputs, options, { gates: 4, names: LSTM_NAMES, cell: lstmCell(options.input_forget) }, call),
    { refuse: refuse(LSTM_NAMES) },
  );
export const LSTM: Versions = { 1: lstm({ output_sequence }), 7: lstm({}), 14: lstm(layout) };
