import type { ElementType } from '../format/element-types.ts';
import type { OnnxError } from '../onnx-error.ts';
import { broadcastDims, broadcastPlaces, concatenated, transposed } from '../tensor/places.ts';
import { sigmoid } from '../tensor/special-functions.ts';
import {
  checkSize,
  doublesOf,
  fromNumbers,
  integersOf,
  sizeOf,
  type Tensor,
  withDims,
} from '../tensor/tensor.ts';
import { checked, choice, elementType, flag, float, int, required } from './attributes.ts';
import { type Given, op, type Versions } from './definition.ts';
import { softmaxRow } from './normalisation.ts';

type Fail = (reason: string) => OnnxError;

interface AttentionOptions {
  readonly is_causal: boolean;
  readonly q_num_heads: number | undefined;
  readonly kv_num_heads: number | undefined;
  readonly qk_matmul_output_mode: number;
  readonly scale: number | undefined;
  readonly softcap: number;
  readonly left_window_size?: number;
  readonly right_window_size?: number;
  /** A score of nothing that each head weighs beside its keys. */
  readonly sinks?: readonly number[] | undefined;
}

/** [batch, heads, length, size] of an input that has its heads in the last axis, or as an axis. */
function headed(x: Tensor, heads: number | undefined, fail: Fail): Tensor {
  if (x.dims.length === 4) return x;
  const [batch = 0, length = 0, width = 0] = x.dims;
  if (x.dims.length !== 3 || heads === undefined || heads < 1 || width % heads !== 0)
    throw fail(`[${x.dims}] are not ${heads} heads`);
  return transposed(withDims(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** Which keys a query sees beside what the mask says, and where it stands among them. */
interface Sight {
  readonly offset: (batch: number) => number;
  readonly valid: (batch: number) => number;
}

/** The scores of all queries and keys, their weights, and what comes of them: [batch, heads, queries, …]. */
export function attended(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  mask: Tensor | undefined,
  sight: Sight,
  options: Omit<AttentionOptions, 'q_num_heads' | 'kv_num_heads'>,
  fail: Fail,
): { readonly y: Tensor; readonly scores: Tensor } {
  const [batch = 0, heads = 0, queries = 0, size = 0] = q.dims;
  const [, groups = 0, keys = 0] = k.dims;
  const width = v.dims[3] ?? 0;
  if (
    k.dims[0] !== batch ||
    k.dims[3] !== size ||
    v.dims[1] !== groups ||
    v.dims[2] !== keys ||
    groups < 1 ||
    heads % groups !== 0
  )
    throw fail(`queries [${q.dims}], keys [${k.dims}] and values [${v.dims}] do not fit`);
  const scale = options.scale ?? 1 / Math.sqrt(size);
  const [queryData, keyData, valueData] = [doublesOf(q), doublesOf(k), doublesOf(v)];
  const bias = mask && maskOf(mask, [batch, heads, queries, keys], fail);
  const out = new Float64Array(checkSize([batch, heads, queries, width], 'float64'));
  const shown = new Float64Array(checkSize([batch, heads, queries, keys], 'float64'));
  const [left, right] = [options.left_window_size ?? -1, options.right_window_size ?? -1];
  const row = new Float64Array(keys);
  for (let b = 0; b < batch; b++) {
    const [offset, valid] = [sight.offset(b), sight.valid(b)];
    for (let head = 0; head < heads; head++) {
      const group = b * groups + Math.floor(head / (heads / groups));
      for (let i = 0; i < queries; i++) {
        const at = (b * heads + head) * queries + i;
        const position = offset + i;
        let isSeeing = false;
        for (let j = 0; j < keys; j++) {
          let score = 0;
          for (let d = 0; d < size; d++)
            score += (queryData[at * size + d] ?? 0) * (keyData[(group * keys + j) * size + d] ?? 0);
          score *= scale;
          if (options.qk_matmul_output_mode === 0) shown[at * keys + j] = score;
          if (options.softcap > 0) score = options.softcap * Math.tanh(score / options.softcap);
          if (options.qk_matmul_output_mode === 1) shown[at * keys + j] = score;
          const isHidden =
            j >= valid ||
            (options.is_causal && j > position) ||
            (left >= 0 && j < position - left) ||
            (right >= 0 && j > position + right);
          score = isHidden ? Number.NEGATIVE_INFINITY : score + (bias ? bias(at * keys + j) : 0);
          if (options.qk_matmul_output_mode === 2) shown[at * keys + j] = score;
          if (score !== Number.NEGATIVE_INFINITY) isSeeing = true;
          row[j] = score;
        }
        // Who sees nothing gets zeros, and not 0 / 0.
        const sink = options.sinks?.[head];
        if (!isSeeing) row.fill(0);
        else if (sink === undefined) softmaxRow(row);
        else softmaxBeside(row, sink);
        if (options.qk_matmul_output_mode === 3) shown.set(row, at * keys);
        for (let j = 0; j < keys; j++) {
          const weight = row[j] ?? 0;
          if (weight === 0) continue;
          const from = (group * keys + j) * width;
          for (let d = 0; d < width; d++)
            out[at * width + d] = (out[at * width + d] ?? 0) + weight * (valueData[from + d] ?? 0);
        }
      }
    }
  }
  return {
    y: fromNumbers(q.type, [batch, heads, queries, width], out),
    scores: fromNumbers(q.type, [batch, heads, queries, keys], shown),
  };
}

/** A softmax of scores and one more, whose weight goes to nothing. */
function softmaxBeside(row: Float64Array, sink: number): void {
  const most = row.reduce((one, other) => Math.max(one, other), sink);
  let sum = Math.exp(sink - most);
  for (const [at, score] of row.entries()) {
    row[at] = Math.exp(score - most);
    sum += row[at] ?? 0;
  }
  for (const [at, weight] of row.entries()) row[at] = weight / sum;
}

/** What is added to each score; a mask of booleans hides, and a shorter one hides what it does not reach. */
function maskOf(mask: Tensor, dims: readonly number[], fail: Fail): (i: number) => number {
  const keys = dims.at(-1) ?? 1;
  const length = mask.dims.at(-1) ?? 1;
  const isShort = length !== 1 && length < keys;
  const wide = isShort ? [...dims.slice(0, -1), length] : dims;
  if (broadcastDims(mask.dims, wide).join() !== wide.join())
    throw fail(`a mask [${mask.dims}] does not fit [${dims}]`);
  const places = broadcastPlaces(mask.dims, wide);
  const { data } = mask;
  const isBoolean = mask.type === 'bool';
  return (i) => {
    const key = i % keys;
    if (isShort && key >= length) return Number.NEGATIVE_INFINITY;
    const at = isShort ? Math.floor(i / keys) * length + key : i;
    const value = Number(data[places ? (places[at] ?? 0) : at]);
    return isBoolean ? (value === 0 ? Number.NEGATIVE_INFINITY : 0) : value;
  };
}

type AttentionInputs = readonly [Tensor, Tensor, Tensor, ...(Tensor | undefined)[]];

function attention(
  [q, k, v, mask, pastKey, pastValue, lengths]: AttentionInputs,
  options: AttentionOptions,
  fail: Fail,
): Tensor[] {
  const query = headed(q, options.q_num_heads, fail);
  const [newKeys, newValues] = [headed(k, options.kv_num_heads, fail), headed(v, options.kv_num_heads, fail)];
  const keys = pastKey ? concatenated([pastKey, newKeys], 2) : newKeys;
  const values = pastValue ? concatenated([pastValue, newValues], 2) : newValues;
  const counts = lengths && integersOf(lengths);
  const [, , queries = 0] = query.dims;
  const total = keys.dims[2] ?? 0;
  const sight: Sight = {
    offset: (batch) => (counts ? (counts[batch] ?? 0) - queries : (pastKey?.dims[2] ?? 0)),
    valid: (batch) => counts?.[batch] ?? total,
  };
  const { y, scores } = attended(query, keys, values, mask, sight, options, fail);
  const [batch = 0, heads = 0, , width = 0] = y.dims;
  const joined =
    q.dims.length === 4 ? y : withDims(transposed(y, [0, 2, 1, 3]), [batch, queries, heads * width]);
  return [joined, keys, values, scores];
}
const precision = checked(
  elementType(),
  (type: ElementType | undefined) =>
    type === undefined || ['float32', 'float64', 'float16', 'bfloat16'].includes(type),
  'a float type',
);
const options = {
  is_causal: flag(false),
  kv_num_heads: int(),
  q_num_heads: int(),
  qk_matmul_output_mode: checked(int(0), (mode) => mode >= 0 && mode <= 3, '0 to 3'),
  scale: float(),
  softcap: float(0),
  // The sums are those of doubles, which is more than any of the types asks for.
  softmax_precision: precision,
};
const refuse = (_options: unknown, _count: number, { hasInput }: Given): string | undefined => {
  if (hasInput(4) !== hasInput(5)) return 'it has a past of keys or of values alone';
  return hasInput(4) && hasInput(6) ? 'it has a past, and lengths of a cache' : undefined;
};
export const Attention: Versions = {
  23: op(
    'T:float T W:float U:float|bool? T? W? -> T T W T',
    options,
    (inputs, given, call) => attention(inputs, given, call.fail),
    { refuse },
  ),
  24: op(
    'T:float T W:float U:float|bool? T? W? int64? -> T T W T',
    options,
    (inputs, given, call) => attention(inputs, given, call.fail),
    { refuse },
  ),
  25: op(
    'T:float T W:float U:float|bool? T? W? int64? -> T T W T',
    { ...options, left_window_size: int(-1), right_window_size: int(-1) },
    (inputs, given, call) => attention(inputs, given, call.fail),
    { refuse },
  ),
};

/** Turns pairs of numbers by angles that grow with the position. */
export function rotated(
  x: Tensor,
  cos: Tensor,
  sin: Tensor,
  positions: Tensor | undefined,
  isInterleaved: boolean,
  heads: number | undefined,
  rotary: number,
  fail: Fail,
): Tensor {
  const input = headed(x, heads, fail);
  const [batch = 0, count = 0, length = 0, size = 0] = input.dims;
  const wide = rotary === 0 ? size : rotary;
  const half = Math.floor(wide / 2);
  if (cos.dims.at(-1) !== half || sin.dims.at(-1) !== half || wide > size)
    throw fail(`caches [${cos.dims}] do not fit a rotation of ${wide}`);
  const places = positions && integersOf(positions);
  if (!positions && cos.dims.length !== 3) throw fail('without positions its caches are [batch, length, …]');
  const [cosines, sines, values] = [doublesOf(cos), doublesOf(sin), doublesOf(input)];
  const rows = cosines.length / Math.max(1, half);
  const out = Float64Array.from(values);
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < length; i++) {
      const row = places
        ? (places[places.length === batch * length ? b * length + i : i] ?? -1)
        : b * length + i;
      if (!(row >= 0 && row < rows)) throw fail(`position ${row} is outside the cache of ${rows}`);
      for (let head = 0; head < count; head++) {
        const from = ((b * count + head) * length + i) * size;
        for (let k = 0; k < half; k++) {
          const [one, other] = isInterleaved ? [from + 2 * k, from + 2 * k + 1] : [from + k, from + half + k];
          const [c, s] = [cosines[row * half + k] ?? 0, sines[row * half + k] ?? 0];
          out[one] = c * (values[one] ?? 0) - s * (values[other] ?? 0);
          out[other] = s * (values[one] ?? 0) + c * (values[other] ?? 0);
        }
      }
    }
  const turned = fromNumbers(x.type, input.dims, out);
  return x.dims.length === 4 ? turned : withDims(transposed(turned, [0, 2, 1, 3]), x.dims);
}
export const RotaryEmbedding: Versions = {
  23: op(
    'T:float T T int64? -> T',
    { interleaved: flag(false), num_heads: int(), rotary_embedding_dim: int(0) },
    ([x, cos, sin, positions], { interleaved, num_heads: heads, rotary_embedding_dim: rotary }, call) =>
      rotated(x, cos, sin, positions, interleaved, heads, rotary, call.fail),
  ),
};

/** A convolution of each channel that sees only what has been, and the end of it for the next call. */
export const CausalConvWithState: Versions = {
  27: op(
    'T:float T T? T? -> T T',
    { activation: choice('none', 'silu', 'swish') },
    ([x, weight, bias, past], { activation }, call) => {
      const [batch = 0, channels = 0, length = 0] = x.dims;
      const [, , taps = 0] = weight.dims;
      const before = taps - 1;
      const isFitting = x.dims.length === 3 && weight.dims.join() === [channels, 1, taps].join() && taps >= 1;
      if (!isFitting || (past && past.dims.join() !== [batch, channels, before].join()))
        throw call.fail(`a weight [${weight.dims}] does not fit [${x.dims}]`);
      const start =
        past ?? fromNumbers(x.type, [batch, channels, before], new Float64Array(batch * channels * before));
      const whole = concatenated([start, x], 2);
      const [values, weights, shifts] = [doublesOf(whole), doublesOf(weight), bias && doublesOf(bias)];
      const out = new Float64Array(sizeOf(x.dims));
      const end = new Float64Array(batch * channels * before);
      for (let lane = 0; lane < batch * channels; lane++) {
        const channel = lane % channels;
        const from = lane * (before + length);
        for (let i = 0; i < length; i++) {
          let sum = shifts?.[channel] ?? 0;
          for (let tap = 0; tap < taps; tap++)
            sum += (values[from + i + tap] ?? 0) * (weights[channel * taps + tap] ?? 0);
          out[lane * length + i] = activation === 'none' ? sum : sum * sigmoid(sum);
        }
        for (let i = 0; i < before; i++) end[lane * before + i] = values[from + length + i] ?? 0;
      }
      return [fromNumbers(x.type, x.dims, out), fromNumbers(x.type, [batch, channels, before], end)];
    },
  ),
};

/** Attention as a recurrence: a state of keys times values that each position changes, and each query reads. */
export const LinearAttention: Versions = {
  27: op(
    'T:float T T S:float? T? T? -> T S',
    {
      // How the work is divided, not what comes of it.
      chunk_size: int(64),
      kv_num_heads: required(int()),
      q_num_heads: required(int()),
      scale: float(0),
      update_rule: choice('gated_delta', 'linear', 'gated', 'delta'),
    },
    (
      [q, k, v, past, decay, beta],
      { kv_num_heads: groups, q_num_heads: heads, scale: given, update_rule: rule },
      call,
    ) => {
      const isGated = rule === 'gated' || rule === 'gated_delta';
      const isDelta = rule === 'delta' || rule === 'gated_delta';
      const [batch = 0, length = 0] = q.dims;
      const size = (q.dims[2] ?? 0) / heads;
      const width = (v.dims[2] ?? 0) / groups;
      if (
        q.dims.length !== 3 ||
        !Number.isInteger(size) ||
        !Number.isInteger(width) ||
        (k.dims[2] ?? 0) !== groups * size ||
        heads % groups !== 0
      )
        throw call.fail(`queries [${q.dims}], keys [${k.dims}] and values [${v.dims}] do not fit`);
      const scale = given === 0 ? 1 / Math.sqrt(size) : given;
      const [qs, ks, vs] = [doublesOf(q), doublesOf(k), doublesOf(v)];
      const [gates, rates] = [decay && doublesOf(decay), beta && doublesOf(beta)];
      const perKey = (decay?.dims[2] ?? 0) === groups * size && size !== 1;
      const perHead = (beta?.dims[2] ?? 1) === groups;
      const state = past
        ? Float64Array.from(doublesOf(past))
        : new Float64Array(batch * groups * size * width);
      const out = new Float64Array(batch * length * heads * width);
      for (let b = 0; b < batch; b++)
        for (let group = 0; group < groups; group++) {
          const own = (b * groups + group) * size * width;
          for (let t = 0; t < length; t++) {
            const row = b * length + t;
            const key = (row * groups + group) * size;
            const value = (row * groups + group) * width;
            if (isGated)
              for (let i = 0; i < size; i++) {
                const factor = Math.exp(gates?.[perKey ? key + i : row * groups + group] ?? 0);
                for (let j = 0; j < width; j++)
                  state[own + i * width + j] = (state[own + i * width + j] ?? 0) * factor;
              }
            const rate = isDelta ? (rates?.[perHead ? row * groups + group : row] ?? 0) : 1;
            for (let j = 0; j < width; j++) {
              let known = 0;
              if (isDelta)
                for (let i = 0; i < size; i++)
                  known += (state[own + i * width + j] ?? 0) * (ks[key + i] ?? 0);
              const change = rate * ((vs[value + j] ?? 0) - known);
              for (let i = 0; i < size; i++)
                state[own + i * width + j] = (state[own + i * width + j] ?? 0) + (ks[key + i] ?? 0) * change;
            }
            const share = heads / groups;
            for (let head = group * share; head < (group + 1) * share; head++)
              for (let j = 0; j < width; j++) {
                let sum = 0;
                for (let i = 0; i < size; i++)
                  sum += (qs[(row * heads + head) * size + i] ?? 0) * (state[own + i * width + j] ?? 0);
                out[(row * heads + head) * width + j] = scale * sum;
              }
          }
        }
      const type = past?.type ?? q.type;
      return [
        fromNumbers(q.type, [batch, length, heads * width], out),
        fromNumbers(type, [batch, groups, size, width], state),
      ];
    },
    {
      types: (_, [query, , , past]) => ({ S: past ?? query }),
      refuse: ({ update_rule: rule }, _, { hasInput }) =>
        (/gated/.test(rule) && !hasInput(4)) || (/delta/.test(rule) && !hasInput(5))
          ? `the rule ${rule} needs its decay or beta`
          : undefined,
    },
  ),
};
