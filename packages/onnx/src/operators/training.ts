import { doublesOf, fromNumbers, type Tensor, type Value } from '../tensor/tensor.ts';
import { choice, float, required } from './attributes.ts';
import { op, type Versions } from './definition.ts';

const checkedTensors = (values: readonly Value[], fail: (reason: string) => Error): Tensor[] =>
  values.map((value) => {
    if (value.kind === 'tensor') return value;
    throw fail('an input is no tensor');
  });

/** Groups of inputs, each for as many tensors as are optimised: first all tensors, then all gradients, and so on. */
function grouped(values: readonly Value[], groups: number, fail: (reason: string) => Error): Tensor[][] {
  const tensors = checkedTensors(values, fail);
  const count = tensors.length / groups;
  if (!Number.isInteger(count) || count === 0)
    throw fail(`${tensors.length} inputs are no ${groups} of each tensor`);
  return Array.from({ length: count }, (_, at) =>
    Array.from({ length: groups }, (_one, group) => tensors[group * count + at]).flatMap((one) => one ?? []),
  );
}

const elementwise = (like: Tensor, fn: (i: number) => number): Tensor =>
  fromNumbers(
    like.type,
    like.dims,
    Float64Array.from({ length: like.data.length }, (_, i) => fn(i)),
  );

/** Outputs stand as the inputs do: first all tensors, then all of their states. */
const transposedLists = (rows: readonly (readonly Tensor[])[]): Tensor[] =>
  (rows[0] ?? []).flatMap((_, group) => rows.flatMap((row) => row[group] ?? []));

/** The types of outputs: those of the tensors and of their states, without the gradients. */
const statesOf =
  (groups: number, gradientAt: number) =>
  (_: unknown, [, , ...types]: readonly unknown[]) => {
    const count = types.length / groups;
    return types.filter((_type, at) => Math.floor(at / count) !== gradientAt) as never;
  };

const rate = { norm_coefficient: float(0) };
export const Adagrad: Versions = {
  1: op(
    'R:float32|float64 int64 V0* -> V*',
    { ...rate, decay_factor: float(0), epsilon: float(0) },
    ([r, t, ...rest], { norm_coefficient: norm, decay_factor: decay, epsilon }, call) => {
      const step = Number(r.data[0]) / (1 + Number(t.data[0]) * decay);
      return transposedLists(
        grouped(rest, 3, call.fail).map(([x, gradient, history]) => {
          if (!x || !gradient || !history) throw call.fail('an input is missing');
          const [xs, gs, hs] = [doublesOf(x), doublesOf(gradient), doublesOf(history)];
          const regularised = (i: number): number => norm * (xs[i] ?? 0) + (gs[i] ?? 0);
          const next = (i: number): number => (hs[i] ?? 0) + regularised(i) ** 2;
          return [
            elementwise(x, (i) => (xs[i] ?? 0) - (step * regularised(i)) / (Math.sqrt(next(i)) + epsilon)),
            elementwise(history, next),
          ];
        }),
      );
    },
    { bodyOutputs: (_, inputs) => statesOf(3, 1)(_, inputs) },
  ),
};

export const Adam: Versions = {
  1: op(
    'R:float32|float64 int64 V0* -> V*',
    { ...rate, alpha: float(0.9), beta: float(0.999), epsilon: float(0), norm_coefficient_post: float(0) },
    (
      [r, t, ...rest],
      { alpha, beta, epsilon, norm_coefficient: norm, norm_coefficient_post: post },
      call,
    ) => {
      const count = Number(t.data[0]);
      const adjusted =
        count > 0
          ? (Number(r.data[0]) * Math.sqrt(1 - beta ** count)) / (1 - alpha ** count)
          : Number(r.data[0]);
      return transposedLists(
        grouped(rest, 4, call.fail).map(([x, gradient, first, second]) => {
          if (!x || !gradient || !first || !second) throw call.fail('an input is missing');
          const [xs, gs, vs, hs] = [doublesOf(x), doublesOf(gradient), doublesOf(first), doublesOf(second)];
          const regularised = (i: number): number => norm * (xs[i] ?? 0) + (gs[i] ?? 0);
          const v = (i: number): number => alpha * (vs[i] ?? 0) + (1 - alpha) * regularised(i);
          const h = (i: number): number => beta * (hs[i] ?? 0) + (1 - beta) * regularised(i) ** 2;
          const moved = (i: number): number => (xs[i] ?? 0) - (adjusted * v(i)) / (Math.sqrt(h(i)) + epsilon);
          return [
            elementwise(x, (i) => (1 - post) * moved(i)),
            elementwise(first, v),
            elementwise(second, h),
          ];
        }),
      );
    },
    { bodyOutputs: (_, inputs) => statesOf(4, 1)(_, inputs) },
  ),
};

export const Momentum: Versions = {
  1: op(
    'R:float32|float64 int64 V0* -> V*',
    {
      ...{ alpha: required(float()), beta: required(float()), norm_coefficient: required(float()) },
      mode: required({
        ...choice('standard', 'nesterov'),
        read: (attribute) => (attribute ? choice('standard', 'nesterov').read(attribute) : undefined),
      }),
    },
    ([r, t, ...rest], { alpha, beta, mode, norm_coefficient: norm }, call) => {
      const adjusted = Number(t.data[0]) > 0 ? beta : 1;
      const step = Number(r.data[0]);
      return transposedLists(
        grouped(rest, 3, call.fail).map(([x, gradient, velocity]) => {
          if (!x || !gradient || !velocity) throw call.fail('an input is missing');
          const [xs, gs, vs] = [doublesOf(x), doublesOf(gradient), doublesOf(velocity)];
          const regularised = (i: number): number => norm * (xs[i] ?? 0) + (gs[i] ?? 0);
          const v = (i: number): number => alpha * (vs[i] ?? 0) + adjusted * regularised(i);
          const move = (i: number): number => (mode === 'standard' ? v(i) : regularised(i) + alpha * v(i));
          return [elementwise(x, (i) => (xs[i] ?? 0) - step * move(i)), elementwise(velocity, v)];
        }),
      );
    },
    { bodyOutputs: (_, inputs) => statesOf(3, 1)(_, inputs) },
  ),
};
