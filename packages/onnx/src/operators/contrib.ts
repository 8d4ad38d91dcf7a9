import { type Tensor as CoreTensor, erf } from '@trestle/core';
import { mapped, pairwise } from '../tensor/elementwise.ts';
import { expandTo, transposed } from '../tensor/places.ts';
import { sigmoid } from '../tensor/special-functions.ts';
import { doublesOf, fromNumbers, integersOf, make, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { checked, choice, flag, float, floatList, int } from './attributes.ts';
import { CONVOLUTION, Conv } from './convolution.ts';
import { type Call, type Definition, elementwise, op, type Versions } from './definition.ts';
import { Gemm, multiplied } from './matrix.ts';
import { LayerNormalization, RMSNormalization } from './normalisation.ts';
import { geluOf, tanhGeluOf } from './unary.ts';

/*
 * Operators of com.microsoft that ONNX Runtime's optimiser and the exporters built on it put in place of several of ai.onnx
 * (docs/ContribOperators.md of ONNX Runtime). Each is what it stands for.
 */

/** Matrices transposed in their last two axes before they are multiplied. */
export const FusedMatMul: Versions = {
  1: op(
    'T:float T -> T',
    {
      alpha: float(1),
      transA: flag(false),
      transB: flag(false),
      transBatchA: checked(int(0), (one) => one === 0, '0'),
      transBatchB: checked(int(0), (one) => one === 0, '0'),
    },
    ([a, b], { alpha, transA, transB }, call) => {
      const product = multiplied(turned(a, transA), turned(b, transB), call.fail);
      return alpha === 1 ? product : mapped(product, (x) => alpha * x);
    },
    {
      core: {
        work: ([a = [], b = []], { transB }) => sizeOf(a) * (b.at(transB ? -2 : -1) ?? 1),
        run: ([a, b], { alpha, transA, transB }) => {
          if (!a || !b || a.rank < 2 || b.rank < 2) return undefined;
          const last = (rank: number): number[] => [
            ...Array.from({ length: rank - 2 }, (_, i) => i),
            rank - 1,
            rank - 2,
          ];
          const product = (transA ? a.transpose(last(a.rank)) : a).matmul(
            transB ? b.transpose(last(b.rank)) : b,
          );
          return alpha === 1 ? product : product.mul(alpha);
        },
      },
    },
  ),
};

function turned(x: Tensor, isTurned: boolean): Tensor {
  const rank = x.dims.length;
  if (!isTurned || rank < 2) return x;
  return transposed(x, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2]);
}

const sum = { number: (a: number, b: number) => a + b, big: (a: bigint, b: bigint) => a + b };
/** Of the last axis. */
export const biased = (x: Tensor, bias: Tensor | undefined): Tensor => (bias ? pairwise(x, bias, sum) : x);

/** The same on the core, where its input lies there already. */
const geluCore = {
  work: elementwise,
  run: ([x, bias]: readonly (CoreTensor | undefined)[]): CoreTensor | undefined => {
    const all = bias ? x?.add(bias) : x;
    return all?.mul(erf(all.mul(Math.SQRT1_2)).add(1)).mul(0.5);
  },
};
export const Gelu: Versions = { 1: op('T:float -> T', {}, ([x]) => mapped(x, geluOf), { core: geluCore }) };
export const FastGelu: Versions = {
  1: op('T:float T? -> T', {}, ([x, bias]) => mapped(biased(x, bias), tanhGeluOf)),
};
export const QuickGelu: Versions = {
  1: op('T:float -> T', { alpha: float(1.702) }, ([x], { alpha }) =>
    mapped(x, (one) => one * sigmoid(alpha * one)),
  ),
};
export const BiasGelu: Versions = {
  1: op('T:float T -> T', {}, ([x, bias]) => mapped(biased(x, bias), geluOf), { core: geluCore }),
};

/** Another operator's work on tensors. */
export const ran = (
  definition: Definition | undefined,
  inputs: readonly (Tensor | undefined)[],
  attributes: object,
  call: Call,
): readonly Tensor[] => {
  // Both come from here: tensors in, tensors out, at once.
  const result = definition?.run(inputs, attributes as never, call);
  return (Array.isArray(result) ? result : [result]) as readonly Tensor[];
};

const skipped =
  (isSimplified: boolean) =>
  (
    [x, skip, ...rest]: readonly (Tensor | undefined)[],
    { epsilon }: { readonly epsilon: number },
    call: Call,
  ): Tensor[] => {
    const [gamma, beta, bias] = isSimplified ? [rest[0], undefined, rest[1]] : rest;
    if (!x || !skip || !gamma) throw call.fail('one of its inputs is missing');
    const all = biased(
      pairwise(x, skip.dims.join() === x.dims.join() ? skip : expandTo(skip, x.dims), sum),
      bias,
    );
    const own = { axis: -1, epsilon, stash_type: 1 };
    if (isSimplified) {
      const [y] = ran(RMSNormalization[23], [all, gamma], own, call);
      if (!y) throw call.fail('it has no norm');
      const inverse = rootInverse(all, epsilon);
      return [y, inverse, inverse, all];
    }
    const [y, mean, inverse] = ran(LayerNormalization[17], [all, gamma, beta], own, call);
    if (!y || !mean || !inverse) throw call.fail('it has no norm');
    return [y, mean, inverse, all];
  };

/** 1 / the root of the mean square of each row. */
function rootInverse(x: Tensor, epsilon: number): Tensor {
  const width = x.dims.at(-1) ?? 1;
  const data = doublesOf(x);
  const found = Array.from({ length: data.length / width }, (_, row) => {
    let squares = 0;
    for (let at = row * width; at < (row + 1) * width; at++) squares += (data[at] ?? 0) ** 2;
    return 1 / Math.sqrt(squares / width + epsilon);
  });
  return fromNumbers('float32', [...x.dims.slice(0, -1), 1], found);
}

/** Where the sum itself is not asked for, and the inputs lie in the core. */
const skippedCore = {
  work: elementwise,
  run: (
    [x, skip, gamma, beta, bias]: readonly (CoreTensor | undefined)[],
    { epsilon }: { readonly epsilon: number },
    call: Call,
  ): CoreTensor | undefined => {
    if (!x || !skip || !gamma || call.wanted.length > 1) return undefined;
    const sum = bias ? x.add(skip).add(bias) : x.add(skip);
    const centred = sum.sub(sum.mean([-1], { keepDims: true }));
    const y = centred.div(centred.square().mean([-1], { keepDims: true }).add(epsilon).sqrt()).mul(gamma);
    return beta ? y.add(beta) : y;
  },
};
export const SkipLayerNormalization: Versions = {
  1: op('T:float T T T? T? -> T float32 float32 T', { epsilon: float(1e-12) }, skipped(false), {
    core: skippedCore,
  }),
};
export const SkipSimplifiedLayerNormalization: Versions = {
  1: op('T:float T T T? -> T float32 float32 T', { epsilon: float(1e-12) }, skipped(true)),
};

/** Words, places and kinds of a text as vectors, added and normalised: the front of BERT. */
export const EmbedLayerNormalization: Versions = {
  1: op(
    'int32 int32? T:float T T? T T int32? int32? -> T int32 T',
    {
      epsilon: float(1e-12),
      mask_index_type: checked(int(0), (type) => type === 0 || type === 1, '0 and 1'),
    },
    ([ids, kinds, words, places, segments, gamma, beta, mask, positions], { epsilon }, call) => {
      const [batch = 0, length = 0] = ids.dims;
      const width = words.dims[1] ?? 0;
      const list = integersOf(ids);
      const [ofKinds, ofPlaces] = [kinds && integersOf(kinds), positions && integersOf(positions)];
      const tables = [words, places, segments].map((table) => table && doublesOf(table));
      const values = new Float64Array(list.length * width);
      for (const [at, id] of list.entries()) {
        const place = ofPlaces
          ? (ofPlaces[ofPlaces.length === list.length ? at : at % length] ?? -1)
          : at % length;
        for (const [table, row] of [id, place, ofKinds?.[at] ?? 0].entries()) {
          const data = tables[table];
          if (!data) continue;
          if (!(row >= 0 && (row + 1) * width <= data.length))
            throw call.fail(`${row} is no row of its table ${table}`);
          for (let i = 0; i < width; i++)
            values[at * width + i] = (values[at * width + i] ?? 0) + (data[row * width + i] ?? 0);
        }
      }
      const all = fromNumbers(words.type, [batch, length, width], values);
      const [y] = ran(LayerNormalization[17], [all, gamma, beta], { axis: -1, epsilon, stash_type: 1 }, call);
      const shown = mask && integersOf(mask);
      const counts = Array.from({ length: batch }, (_, row) =>
        shown ? shown.slice(row * length, (row + 1) * length).filter((one) => one === 1).length : 0,
      );
      return [y ?? all, make('int32', [batch], Int32Array.from(counts)), all];
    },
    {
      refuse: (_, _count, { hasInput }) =>
        hasInput(1) === hasInput(4) ? undefined : 'it has segments, or their vectors, alone',
    },
  ),
};

const ACTIVATION = {
  activation: choice('', 'Relu', 'Tanh', 'Sigmoid', 'LeakyRelu', 'Clip', 'HardSigmoid'),
  activation_params: floatList([]),
};
interface Activated {
  readonly activation: string;
  readonly activation_params: readonly number[];
}

function activated(x: Tensor, { activation, activation_params: [a = 0, b = 0] }: Activated): Tensor {
  switch (activation) {
    case 'Relu':
      return mapped(x, (one) => Math.max(0, one));
    case 'Tanh':
      return mapped(x, Math.tanh);
    case 'Sigmoid':
      return mapped(x, sigmoid);
    case 'LeakyRelu':
      return mapped(x, (one) => (one < 0 ? a * one : one));
    case 'Clip':
      return mapped(x, (one) => Math.min(b, Math.max(a, one)));
    case 'HardSigmoid':
      return mapped(x, (one) => Math.min(1, Math.max(0, a * one + b)));
    default:
      return x;
  }
}

/** Parameters that an activation takes: they have no default where it is fused. */
const PARAMETERS: Readonly<Record<string, number>> = { LeakyRelu: 1, Clip: 2, HardSigmoid: 2 };
const lacking = ({ activation, activation_params: given }: Activated): string | undefined => {
  const wanted = PARAMETERS[activation] ?? 0;
  return given.length === wanted
    ? undefined
    : `its activation ${activation} takes ${wanted} activation_params, and it has ${given.length}`;
};

export const FusedConv: Versions = {
  1: op(
    'T:float T T? T? -> T',
    { ...CONVOLUTION, ...ACTIVATION },
    ([x, w, bias, added], options, call) => {
      const [found] = ran(Conv[1], [x, w, bias], options, call);
      if (!found) throw call.fail('it has no sums');
      if (added && added.dims.join() !== found.dims.join())
        throw call.fail(`[${added.dims}] is not [${found.dims}]`);
      return activated(added ? pairwise(found, added, sum) : found, options);
    },
    { refuse: lacking },
  ),
};

export const FusedGemm: Versions = {
  1: op(
    'T:float T T? -> T',
    {
      alpha: float(1),
      beta: float(1),
      transA: flag(false),
      transB: flag(false),
      activation: ACTIVATION.activation,
      activation_alpha: float(0.01),
      activation_beta: float(0),
      activation_gamma: checked(float(0), (one) => one === 0, '0'),
    },
    ([a, b, c], options, call) => {
      const [found] = ran(Gemm[11], [a, b, c], options, call);
      if (!found) throw call.fail('it has no sums');
      return activated(found, {
        ...options,
        activation_params: [options.activation_alpha, options.activation_beta],
      });
    },
  ),
};
