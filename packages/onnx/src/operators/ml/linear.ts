import type { OnnxError } from '../../onnx-error.ts';
import { mapped } from '../../tensor/elementwise.ts';
import { concatenated } from '../../tensor/places.ts';
import {
  doublesOf,
  floats,
  fromNumbers,
  isBig,
  longs,
  make,
  sizeOf,
  type Tensor,
} from '../../tensor/tensor.ts';
import {
  bigint,
  bigints,
  checked,
  choice,
  float,
  floatList,
  int,
  ints,
  Refusal,
  required,
  strings,
} from '../attributes.ts';
import { op, prepared, type Versions } from '../definition.ts';
import { gathered } from '../move.ts';
import { bestOf, labelled, labelsOf, labelType } from './labels.ts';
import { type PostTransform, post_transform, transformRow } from './post-transform.ts';

type Fail = (reason: string) => OnnxError;
const INPUT = 'T:float32|float64|int64|int32' as const;

/** Rows and columns of a matrix; a vector is one row. */
function matrixOf(x: Tensor, fail: Fail): readonly [number, number] {
  if (x.dims.length === 1) return [1, x.data.length];
  const [rows, columns] = x.dims;
  if (x.dims.length !== 2 || rows === undefined || columns === undefined)
    throw fail(`it takes [rows, features], not [${x.dims}]`);
  return [rows, columns];
}

const float32 = (dims: readonly number[], values: ArrayLike<number>): Tensor =>
  floats(dims, Float32Array.from(values));

export const Scaler: Versions = {
  1: op(
    `${INPUT} -> float32`,
    { offset: floatList(), scale: floatList() },
    ([x], { offset, scale }, call) => {
      const columns = x.dims.at(-1) ?? 1;
      const at = (list: readonly number[] | undefined, i: number, otherwise: number): number =>
        list === undefined || list.length === 0
          ? otherwise
          : (list[list.length === 1 ? 0 : i % columns] ?? otherwise);
      for (const list of [offset, scale])
        if (list && list.length > 1 && list.length !== columns)
          throw call.fail(`${list.length} numbers do not fit ${columns} features`);
      return float32(
        x.dims,
        Float64Array.from(doublesOf(x), (value, i) => (value - at(offset, i, 0)) * at(scale, i, 1)),
      );
    },
  ),
};

export const Normalizer: Versions = {
  1: op(`${INPUT} -> float32`, { norm: choice('MAX', 'L1', 'L2') }, ([x], { norm }, call) => {
    const [rows, columns] = matrixOf(x, call.fail);
    const values = Float64Array.from(doublesOf(x));
    for (let row = 0; row < rows; row++) {
      const own = values.subarray(row * columns, (row + 1) * columns);
      const size =
        norm === 'MAX'
          ? own.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)
          : norm === 'L1'
            ? own.reduce((sum, value) => sum + Math.abs(value), 0)
            : Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
      if (size !== 0) for (let i = 0; i < columns; i++) own[i] = (own[i] ?? 0) / size;
    }
    return float32(x.dims, values);
  }),
};

/** Puts a number, one for each column or one for all, where a given one stands; NaN may be the given one. */
export const Imputer: Versions = {
  1: op(
    `${INPUT} -> T`,
    {
      imputed_value_floats: floatList(),
      imputed_value_int64s: bigints(),
      replaced_value_float: float(0),
      replaced_value_int64: bigint(0n),
    },
    ([x], options, call) => {
      const columns = x.dims.at(-1) ?? 1;
      const isInteger = x.type === 'int64' || x.type === 'int32';
      const fill: readonly (number | bigint)[] =
        (isInteger ? options.imputed_value_int64s : options.imputed_value_floats) ?? [];
      if (fill.length !== 1 && fill.length !== columns)
        throw call.fail(`${fill.length} values do not fit ${columns} features of ${x.type}`);
      const at = (i: number): number | bigint => fill[fill.length === 1 ? 0 : i % columns] ?? 0;
      if (isBig(x.data)) {
        const { data } = x;
        return make(
          x.type,
          x.dims,
          data.map((value, i) =>
            value === options.replaced_value_int64 ? BigInt(at(i)) : value,
          ) as typeof data,
        );
      }
      const missing = isInteger ? Number(options.replaced_value_int64) : options.replaced_value_float;
      const isMissing = Number.isNaN(missing) ? Number.isNaN : (value: number): boolean => value === missing;
      return fromNumbers(
        x.type,
        x.dims,
        Float64Array.from(doublesOf(x), (value, i) => (isMissing(value) ? Number(at(i)) : value)),
      );
    },
    {
      refuse: (options) =>
        (options.imputed_value_floats === undefined) === (options.imputed_value_int64s === undefined)
          ? 'it has no imputed values, or two kinds of them'
          : undefined,
    },
  ),
};

export const Binarizer: Versions = {
  1: op(`${INPUT} -> T`, { threshold: float(0) }, ([x], { threshold }) =>
    mapped(
      x,
      (value) => (value > threshold ? 1 : 0),
      (value) => (Number(value) > threshold ? 1n : 0n),
    ),
  ),
};

/** Tensors of numbers beside each other as float32. */
export const FeatureVectorizer: Versions = {
  1: op(
    '_:float32|float64|int64|int32* -> float32',
    { inputdimensions: ints() },
    (inputs, { inputdimensions: widths }, call) => {
      const parts = inputs.map((x, index) => {
        const rows = x.dims.length === 1 ? 1 : (x.dims[0] ?? 1);
        const columns = rows === 0 ? sizeOf(x.dims.slice(1)) : x.data.length / rows;
        if (widths?.[index] !== undefined && widths[index] !== columns)
          throw call.fail(`its input ${index} has ${columns} features, and not ${widths[index]}`);
        return float32([rows, columns], doublesOf(x));
      });
      if (parts.some((part) => part.dims[0] !== parts[0]?.dims[0]))
        throw call.fail('its inputs differ in their rows');
      return concatenated(parts, 1);
    },
    { refuse: (_, count) => (count === 0 ? 'it has no inputs' : undefined) },
  ),
};

/** Columns at indices. */
export const ArrayFeatureExtractor: Versions = {
  1: op('T:any int64 -> T', {}, ([x, indices], _, call) => {
    const flat = longs([indices.data.length], Array.from(indices.data, Number));
    const row = x.dims.length === 1 ? { ...x, dims: [1, x.data.length] } : x;
    return gathered(row, flat, row.dims.length - 1, call.fail);
  }),
};

/** Rows times lines of coefficients. */
function lines(
  x: Tensor,
  coefficients: readonly number[],
  count: number,
  intercepts: readonly number[] | undefined,
  fail: Fail,
): { rows: number; scores: Float64Array } {
  const [rows, columns] = matrixOf(x, fail);
  if (coefficients.length !== count * columns)
    throw fail(`${coefficients.length} coefficients are not ${count} lines of ${columns} features`);
  const values = doublesOf(x);
  const scores = new Float64Array(rows * count);
  for (let row = 0; row < rows; row++)
    for (let line = 0; line < count; line++) {
      let sum = intercepts?.[line] ?? 0;
      for (let i = 0; i < columns; i++)
        sum += (values[row * columns + i] ?? 0) * (coefficients[line * columns + i] ?? 0);
      scores[row * count + line] = sum;
    }
  return { rows, scores };
}

export const LinearRegressor: Versions = {
  1: op(
    `${INPUT} -> float32`,
    { coefficients: floatList([]), intercepts: floatList(), post_transform, targets: int(1) },
    ([x], { coefficients, intercepts, post_transform: transform, targets }, call) => {
      const { rows, scores } = lines(x, coefficients, targets, intercepts, call.fail);
      for (let row = 0; row < rows; row++)
        transformRow(scores.subarray(row * targets, (row + 1) * targets), transform);
      return float32([rows, targets], scores);
    },
    {
      refuse: ({ intercepts, targets }) =>
        targets < 1 || (intercepts && intercepts.length > 0 && intercepts.length !== targets)
          ? `it has ${intercepts?.length} intercepts for ${targets} targets`
          : undefined,
    },
  ),
};

export const LinearClassifier: Versions = {
  1: prepared(
    `${INPUT} -> Y float32`,
    {
      classlabels_ints: bigints(),
      classlabels_strings: strings(),
      coefficients: required(floatList()),
      intercepts: floatList(),
      // Whether it was trained one against the rest or all at once, which its coefficients say by themselves.
      multi_class: checked(int(0), (value) => value === 0 || value === 1, '0 or 1'),
      post_transform,
    },
    (given) => {
      const numbers = given.classlabels_ints ?? [];
      const names = given.classlabels_strings ?? [];
      const classes = Math.max(names.length, numbers.length, given.intercepts?.length ?? 0);
      const count = given.intercepts && given.intercepts.length > 0 ? given.intercepts.length : classes;
      const labels =
        names.length > 0 || numbers.length > 0
          ? labelsOf(given.classlabels_strings, given.classlabels_ints)
          : Array.from({ length: classes }, (_, i) => BigInt(i));
      if (count < 1 || (count !== classes && !(count === 1 && classes === 2)))
        throw new Refusal(`it has ${count} intercepts for ${classes} classes`);
      return { ...given, labels, count };
    },
    ([x], { labels, count, coefficients, intercepts, post_transform: transform }, call) => {
      const { rows, scores } = lines(x, coefficients, count, intercepts, call.fail);
      const width = labels.length;
      const chosen: number[] = [];
      const out = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) {
        const own = new Float64Array(width);
        if (count === 1 && width === 2) {
          // One line for two classes: the other one's score is its opposite.
          own.set([-(scores[row] ?? 0), scores[row] ?? 0]);
          transformRow(own, transform);
          chosen.push(Number((scores[row] ?? 0) > 0));
        } else {
          own.set(scores.subarray(row * count, row * count + width));
          chosen.push(width === 1 ? 0 : bestOf(own));
          transformRow(own, transform);
        }
        out.set(own, row * width);
      }
      return [labelled(labels, chosen), floats([rows, width], out)];
    },
    { types: (given) => ({ Y: labelType(given.classlabels_strings) }) },
  ),
};

const KERNEL = {
  kernel_params: floatList([0, 0, 3]),
  kernel_type: choice('LINEAR', 'POLY', 'RBF', 'SIGMOID'),
};
interface Kernel {
  readonly kernel_params: readonly number[];
  readonly kernel_type: 'LINEAR' | 'POLY' | 'RBF' | 'SIGMOID';
}
function kernelOf({ kernel_params: [gamma = 0, coef0 = 0, degree = 0], kernel_type: type }: Kernel) {
  return (a: ArrayLike<number>, from: number, b: readonly number[], at: number, size: number): number => {
    let sum = 0;
    if (type === 'RBF') {
      for (let i = 0; i < size; i++) sum += ((a[from + i] ?? 0) - (b[at + i] ?? 0)) ** 2;
      return Math.exp(-gamma * sum);
    }
    for (let i = 0; i < size; i++) sum += (a[from + i] ?? 0) * (b[at + i] ?? 0);
    if (type === 'POLY') return (gamma * sum + coef0) ** degree;
    return type === 'SIGMOID' ? Math.tanh(gamma * sum + coef0) : sum;
  };
}

export const SVMRegressor: Versions = {
  1: op(
    `${INPUT} -> float32`,
    {
      ...KERNEL,
      coefficients: required(floatList()),
      n_supports: int(0),
      one_class: checked(int(0), (value) => value === 0 || value === 1, '0 or 1'),
      post_transform,
      rho: floatList([0]),
      support_vectors: floatList([]),
    },
    (
      [x],
      {
        coefficients,
        n_supports: supports,
        one_class: isOneClass,
        post_transform: transform,
        rho,
        support_vectors: vectors,
        ...kernel
      },
      call,
    ) => {
      const [rows, columns] = matrixOf(x, call.fail);
      const values = doublesOf(x);
      const similar = kernelOf(kernel);
      if (supports > 0 && (vectors.length !== supports * columns || coefficients.length !== supports))
        throw call.fail(`${supports} supports do not fit ${columns} features`);
      if (supports === 0 && coefficients.length !== columns)
        throw call.fail(`${coefficients.length} coefficients do not fit ${columns} features`);
      const out = Float64Array.from({ length: rows }, (_, row) => {
        let sum = rho[0] ?? 0;
        if (supports > 0)
          for (let j = 0; j < supports; j++)
            sum += (coefficients[j] ?? 0) * similar(values, row * columns, vectors, j * columns, columns);
        else sum += similar(values, row * columns, coefficients, 0, columns);
        if (isOneClass === 1) return sum > 0 ? 1 : -1;
        return sum;
      });
      for (let row = 0; row < rows; row++) transformRow(out.subarray(row, row + 1), transform);
      return float32([rows, 1], out);
    },
  ),
};

/** Estimates of classes from those of pairs: T.-F. Wu, C.-J. Lin and R. C. Weng, "Probability estimates for multi-class classification by pairwise coupling", 2004, algorithm 2. */
function coupled(classes: number, pair: (i: number, j: number) => number): Float64Array {
  const q = new Float64Array(classes * classes);
  const p = new Float64Array(classes).fill(1 / classes);
  for (let t = 0; t < classes; t++)
    for (let j = 0; j < classes; j++) {
      if (j === t) continue;
      q[t * classes + t] = (q[t * classes + t] ?? 0) + pair(j, t) ** 2;
      q[t * classes + j] = -pair(j, t) * pair(t, j);
    }
  const product = new Float64Array(classes);
  for (let turn = 0; turn < Math.max(100, classes); turn++) {
    let whole = 0;
    for (let t = 0; t < classes; t++) {
      product[t] = 0;
      for (let j = 0; j < classes; j++)
        product[t] = (product[t] ?? 0) + (q[t * classes + j] ?? 0) * (p[j] ?? 0);
      whole += (p[t] ?? 0) * (product[t] ?? 0);
    }
    let error = 0;
    for (let t = 0; t < classes; t++) error = Math.max(error, Math.abs((product[t] ?? 0) - whole));
    if (error < 0.005 / classes) break;
    for (let t = 0; t < classes; t++) {
      const own = q[t * classes + t] ?? 1;
      const change = (-(product[t] ?? 0) + whole) / own;
      p[t] = (p[t] ?? 0) + change;
      whole = (whole + change * (change * own + 2 * (product[t] ?? 0))) / (1 + change) / (1 + change);
      for (let j = 0; j < classes; j++) {
        product[j] = ((product[j] ?? 0) + change * (q[t * classes + j] ?? 0)) / (1 + change);
        p[j] = (p[j] ?? 0) / (1 + change);
      }
    }
  }
  return p;
}

interface SvmAttributes extends Kernel {
  readonly classlabels_ints: readonly bigint[] | undefined;
  readonly classlabels_strings: readonly string[] | undefined;
  readonly coefficients: readonly number[] | undefined;
  readonly post_transform: PostTransform;
  readonly prob_a: readonly number[] | undefined;
  readonly prob_b: readonly number[] | undefined;
  readonly rho: readonly number[] | undefined;
  readonly support_vectors: readonly number[] | undefined;
  readonly vectors_per_class: readonly number[] | undefined;
}
export const SVMClassifier: Versions = {
  1: prepared(
    `${INPUT} -> Y float32`,
    {
      ...{
        ...KERNEL,
        classlabels_ints: bigints(),
        classlabels_strings: strings(),
        coefficients: floatList(),
        post_transform,
      },
      ...{
        prob_a: floatList(),
        prob_b: floatList(),
        rho: floatList(),
        support_vectors: floatList(),
        vectors_per_class: ints(),
      },
    },
    (given: SvmAttributes) => {
      const labels = labelsOf(given.classlabels_strings, given.classlabels_ints);
      const counts = given.vectors_per_class ?? [];
      const classes = labels.length;
      if (counts.length === 0) throw new Refusal('it has no vectors_per_class');
      if (counts.length !== classes || classes < 2)
        throw new Refusal(`its vectors are those of ${counts.length} classes, and it has ${classes}`);
      const pairs = (classes * (classes - 1)) / 2;
      const supports = counts.reduce((sum, count) => sum + count, 0);
      if ((given.rho?.length ?? 0) !== pairs)
        throw new Refusal(`it has ${given.rho?.length} rho for ${pairs} pairs of classes`);
      if ((given.coefficients?.length ?? 0) !== supports * (classes - 1))
        throw new Refusal(`${given.coefficients?.length} coefficients do not fit ${supports} vectors`);
      const isProbable = (given.prob_a?.length ?? 0) > 0;
      if (isProbable && (given.prob_a?.length !== pairs || given.prob_b?.length !== pairs))
        throw new Refusal('its prob_a and prob_b are not those of its pairs');
      return {
        ...given,
        labels,
        counts,
        supports,
        isProbable,
        starts: counts.map((_, i) => counts.slice(0, i).reduce((sum, count) => sum + count, 0)),
      };
    },
    ([x], ready, call) => {
      const { labels, counts, supports, starts, isProbable } = ready;
      const [coefficients, vectors, rho] = [
        ready.coefficients ?? [],
        ready.support_vectors ?? [],
        ready.rho ?? [],
      ];
      const [rows, columns] = matrixOf(x, call.fail);
      if (vectors.length !== supports * columns)
        throw call.fail(`${vectors.length} numbers are not ${supports} vectors of ${columns}`);
      const classes = labels.length;
      const values = doublesOf(x);
      const similar = kernelOf(ready);
      const width = isProbable || classes === 2 ? classes : rho.length;
      const out = new Float32Array(rows * width);
      const chosen: number[] = [];
      for (let row = 0; row < rows; row++) {
        const kernels = Float64Array.from({ length: supports }, (_, j) =>
          similar(values, row * columns, vectors, j * columns, columns),
        );
        const scores: number[] = [];
        const votes = new Float64Array(classes);
        const half = (line: number, own: number): number => {
          let sum = 0;
          const start = starts[own] ?? 0;
          for (let m = start; m < start + (counts[own] ?? 0); m++)
            sum += (coefficients[line * supports + m] ?? 0) * (kernels[m] ?? 0);
          return sum;
        };
        for (let i = 0; i < classes; i++)
          for (let j = i + 1; j < classes; j++) {
            const score = half(j - 1, i) + half(i, j) + (rho[scores.length] ?? 0);
            scores.push(score);
            const winner = score > 0 ? i : j;
            votes[winner] = (votes[winner] ?? 0) + 1;
          }
        let own: Float64Array;
        if (isProbable) {
          const shares = scores.map((score, at) => {
            const power = score * (ready.prob_a?.[at] ?? 0) + (ready.prob_b?.[at] ?? 0);
            return Math.min(Math.max(1 / (1 + Math.exp(power)), 1e-7), 1 - 1e-7);
          });
          const share = (i: number, j: number): number => {
            const [low, high] = i < j ? [i, j] : [j, i];
            const found = shares[low * classes - (low * (low + 1)) / 2 + (high - low - 1)] ?? 0;
            return i < j ? found : 1 - found;
          };
          own = coupled(classes, share);
        } else {
          // Of two classes the score is that of the second.
          own = Float64Array.from(classes === 2 ? [-(scores[0] ?? 0), scores[0] ?? 0] : scores);
        }
        // The votes of the pairs choose, also where there are probabilities.
        chosen.push(bestOf(votes));
        transformRow(own, ready.post_transform);
        out.set(own, row * width);
      }
      return [labelled(labels, chosen), floats([rows, width], out)];
    },
    { types: (given) => ({ Y: labelType(given.classlabels_strings) }) },
  ),
};
