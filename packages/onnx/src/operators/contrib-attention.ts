import type { OnnxError } from '../onnx-error.ts';
import { concatenated, transposed } from '../tensor/places.ts';
import {
  checkSize,
  doublesOf,
  fromNumbers,
  integersOf,
  make,
  sizeOf,
  type Tensor,
  withDims,
} from '../tensor/tensor.ts';
import { attended, rotated } from './attention.ts';
import { checked, flag, float, int, ints, required } from './attributes.ts';
import { op, type Versions } from './definition.ts';
import { multiplied } from './matrix.ts';

type Fail = (reason: string) => OnnxError;

/*
 * Attention of com.microsoft, as ONNX Runtime's optimiser and builders of decoders write it (docs/ContribOperators.md of ONNX Runtime).
 */

const MASKED = -10_000;

/** [batch, length, heads * size] as [batch, heads, length, size]. */
function split(x: Tensor, heads: number, fail: Fail): Tensor {
  const [batch = 0, length = 0, width = 0] = x.dims;
  if (x.dims.length !== 3 || heads < 1 || width % heads !== 0)
    throw fail(`[${x.dims}] are not ${heads} heads`);
  return transposed(withDims(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

function joined(x: Tensor): Tensor {
  const [batch = 0, heads = 0, length = 0, size = 0] = x.dims;
  return withDims(transposed(x, [0, 2, 1, 3]), [batch, length, heads * size]);
}

/** Columns of a matrix whose last axis they are. */
function columns(x: Tensor, from: number, to: number): Tensor {
  const width = x.dims.at(-1) ?? 0;
  const data = doublesOf(x);
  const count = to - from;
  const values = Float64Array.from(
    { length: (data.length / width) * count },
    (_, at) => data[Math.floor(at / count) * width + from + (at % count)] ?? 0,
  );
  return fromNumbers(x.type, [...x.dims.slice(0, -1), count], values);
}

function plus(x: Tensor, bias: Tensor | undefined): Tensor {
  if (!bias) return x;
  const [data, more] = [doublesOf(x), doublesOf(bias)];
  return fromNumbers(
    x.type,
    x.dims,
    Float64Array.from(data, (value, at) => value + (more[at % more.length] ?? 0)),
  );
}

/** Masks of 0 and 1 as what is added to scores: [batch, 1, queries or 1, keys]. */
function addedOf(
  mask: Tensor | undefined,
  [batch, queries, keys]: readonly [number, number, number],
  filter: number,
  fail: Fail,
): Tensor | undefined {
  if (!mask) return undefined;
  const given = integersOf(mask);
  const [rows, of] =
    mask.dims.join() === `${batch}` && keys !== batch
      ? [1, (b: number, _: number, key: number) => key < (given[b] ?? 0)]
      : mask.dims.join() === `${batch},${keys}`
        ? [1, (b: number, _: number, key: number) => given[b * keys + key] !== 0]
        : mask.dims.join() === `${batch},${queries},${keys}`
          ? [
              queries,
              (b: number, query: number, key: number) => given[(b * queries + query) * keys + key] !== 0,
            ]
          : mask.dims.join() === `${batch}`
            ? [1, (b: number, _: number, key: number) => key < (given[b] ?? 0)]
            : [0, () => false];
  if (rows === 0)
    throw fail(`a mask [${mask.dims}] for ${batch} of ${queries} queries and ${keys} keys is not honoured`);
  const values = new Float32Array(batch * rows * keys);
  for (let at = 0; at < values.length; at++) {
    const [b, query, key] = [Math.floor(at / (rows * keys)), Math.floor(at / keys) % rows, at % keys];
    values[at] = of(b, query, key) ? 0 : filter;
  }
  return make('float32', [batch, 1, rows, keys], values);
}

/** Two things that are added to scores, of which each may be missing. */
function bothOf(
  one: Tensor | undefined,
  other: Tensor | undefined,
  dims: readonly [number, number, number, number],
): Tensor | undefined {
  if (!one || !other) return one ?? other;
  const at = (x: Tensor, place: number): number => {
    let [left, index, stride] = [place, 0, 1];
    for (let axis = 3; axis >= 0; axis--) {
      const [length, own] = [dims[axis] ?? 1, x.dims[axis] ?? 1];
      index += own === 1 ? 0 : (left % length) * stride;
      left = Math.floor(left / length);
      stride *= own;
    }
    return Number(x.data[index]);
  };
  return make(
    'float32',
    dims,
    Float32Array.from({ length: sizeOf(dims) }, (_, place) => at(one, place) + at(other, place)),
  );
}

interface Options {
  readonly scale: number;
  readonly mask_filter_value: number;
  readonly unidirectional: boolean;
}

const isLonely = (hasInput: (index: number) => boolean, key: number): string | undefined =>
  hasInput(key) === hasInput(key + 1) ? undefined : 'it has a past of keys or of values alone';
const unhonoured = (names: string): string => `it has ${names}, which is not honoured`;

/** Attention of heads to a past and to themselves. @returns what comes of it, keys and values */
function attend(
  [q, k, v]: readonly [Tensor, Tensor, Tensor],
  {
    past,
    mask,
    bias,
  }: {
    readonly past: readonly [Tensor, Tensor] | undefined;
    readonly mask: Tensor | undefined;
    readonly bias: Tensor | undefined;
  },
  { scale, mask_filter_value: filter, unidirectional }: Options,
  fail: Fail,
): readonly [Tensor, Tensor, Tensor] {
  const [keys, values] = past ? [concatenated([past[0], k], 2), concatenated([past[1], v], 2)] : [k, v];
  const [batch = 0, heads = 0, queries = 0] = q.dims;
  const total = keys.dims[2] ?? 0;
  const added = addedOf(mask, [batch, queries, total], filter, fail);
  const sight = { offset: () => total - queries, valid: () => total };
  const options = {
    is_causal: unidirectional,
    qk_matmul_output_mode: 0,
    scale: scale === 0 ? undefined : scale,
    softcap: 0,
  };
  const { y } = attended(
    q,
    keys,
    values,
    bothOf(added, bias, [batch, heads, queries, total]),
    sight,
    options,
    fail,
  );
  return [joined(y), keys, values];
}

const no = (what: number) => checked(int(what), (one) => one === what, String(what));
const OPTIONS = {
  num_heads: required(int()),
  scale: float(0),
  mask_filter_value: float(MASKED),
  unidirectional: flag(false),
};

/** With the weights of queries, keys and values in one matrix. */
export const Attention: Versions = {
  1: op(
    'T:float T T? int32? T? T? int32? -> T T',
    {
      ...OPTIONS,
      qkv_hidden_sizes: ints(),
      do_rotary: no(0),
      past_present_share_buffer: no(0),
      rotary_embedding_dim: no(0),
    },
    ([x, weights, shift, mask, past, bias], options, { fail }) => {
      const third = (weights.dims[1] ?? 0) / 3;
      const [first = third, second = third, last = third] = options.qkv_hidden_sizes ?? [];
      if (first + second + last !== weights.dims[1])
        throw fail(`weights [${weights.dims}] are not of ${first}, ${second} and ${last}`);
      const all = plus(multiplied(x, weights, fail), shift);
      const heads = options.num_heads;
      const parts = [
        columns(all, 0, first),
        columns(all, first, first + second),
        columns(all, first + second, first + second + last),
      ] as const;
      const [q, k, v] = [
        split(parts[0], heads, fail),
        split(parts[1], heads, fail),
        split(parts[2], heads, fail),
      ];
      const before = past && ([half(past, 0), half(past, 1)] as const);
      const [y, keys, values] = attend([q, k, v], { past: before, mask, bias }, options, fail);
      return [y, concatenated([lifted(keys), lifted(values)], 0)];
    },
    { refuse: (_, _count, { hasInput }) => (hasInput(6) ? unhonoured('past_sequence_length') : undefined) },
  ),
};

/** Keys or values of a past that holds both: [2, batch, heads, length, size]. */
function half(past: Tensor, at: number): Tensor {
  const dims = past.dims.slice(1);
  const size = sizeOf(dims);
  return fromNumbers(past.type, dims, doublesOf(past).slice(at * size, (at + 1) * size));
}
const lifted = (x: Tensor): Tensor => withDims(x, [1, ...x.dims]);

/** One of several matrices that lie beside each other in each head: [batch, length, heads, several, size] as [batch, length, heads * size]. */
function packed(x: Tensor, at: number): Tensor {
  const [batch = 0, length = 0, heads = 0, several = 1, size = 0] = x.dims;
  const data = doublesOf(x);
  const values = Float64Array.from(
    { length: data.length / several },
    (_, i) => data[(Math.floor(i / size) * several + at) * size + (i % size)] ?? 0,
  );
  return fromNumbers(x.type, [batch, length, heads * size], values);
}

/** Queries, keys and values, apart or packed in each head; keys and values may have their heads as an axis. */
export const MultiHeadAttention: Versions = {
  1: op(
    'T:float T? T? T? int32? T? T? T? int32? int32? -> T T T',
    OPTIONS,
    ([given, givenKey, givenValue, shift, mask, bias, pastKey, pastValue], options, { fail }) => {
      const heads = options.num_heads;
      const several = givenKey ? 2 : 3;
      const whole = givenKey ?? given;
      if (!givenValue && (whole.dims.length !== 5 || whole.dims[2] !== heads || whole.dims[3] !== several))
        throw fail(`[${whole.dims}] are not ${several} matrices packed in ${heads} heads`);
      const query = givenKey ? given : packed(given, 0);
      const key = givenKey && givenValue ? givenKey : packed(whole, several - 2);
      const value = givenValue ?? packed(whole, several - 1);
      const width = query.dims[2] ?? 0;
      const own = (from: number, count: number) => shift && columns(shift, from, from + count);
      const headed = (x: Tensor, from: number): Tensor =>
        x.dims.length === 4 ? x : split(plus(x, own(from, x.dims[2] ?? 0)), heads, fail);
      const parts = [headed(query, 0), headed(key, width), headed(value, 2 * width)] as const;
      const past = pastKey && pastValue ? ([pastKey, pastValue] as const) : undefined;
      return [...attend(parts, { past, mask, bias }, options, fail)];
    },
    {
      refuse: (_, _count, { hasInput }) => {
        if (hasInput(8)) return unhonoured('past_sequence_length');
        if (hasInput(9)) return unhonoured('cache_indirection');
        if (hasInput(2) && !hasInput(1)) return 'it has values, and no keys';
        return isLonely(hasInput, 6);
      },
    },
  ),
};

/** Queries in groups that share keys and values, with a past and angles of their places: what decoders have. */
export const GroupQueryAttention: Versions = {
  1: op(
    'T:float T? T? T? T? int32 int32 T? T? int64? T? T? -> T T T',
    {
      num_heads: required(int()),
      kv_num_heads: required(int()),
      scale: float(0),
      softcap: float(0),
      local_window_size: int(-1),
      do_rotary: flag(false),
      rotary_interleaved: flag(false),
      smooth_softmax: checked(int(0), (one) => one <= 1, '0 and 1'),
      qk_output: no(0),
      k_quant_type: no(0),
      v_quant_type: no(0),
    },
    (
      [query, key, value, pastKey, pastValue, lengths, longest, cos, sin, positions, bias, sink],
      options,
      { fail },
    ) => {
      const { num_heads: heads, kv_num_heads: groups } = options;
      const [batch = 0, queries = 0, all = 0] = query.dims;
      const counts = integersOf(lengths).map((last) => last + 1);
      const [total = 0] = integersOf(longest);
      // What is behind the end of a shorter row is padding, which no query sees.
      const isFirst = total <= queries;
      const isFitting = counts.every((one) => one >= (isFirst ? 1 : queries) && one <= total);
      if (counts.length !== batch || !isFitting || total < queries)
        throw fail(
          `seqlens_k [${integersOf(lengths)}] and total_sequence_length ${total} do not fit ${batch} rows of ${queries} queries`,
        );
      const before = counts.map((one) => (isFirst ? 0 : one - queries));
      const size = all / (heads + 2 * groups);
      const part = (from: number, count: number): Tensor =>
        columns(query, from * size, (from + count) * size);
      if (!key && !Number.isInteger(size))
        throw fail(`[${query.dims}] are not ${heads} heads of queries and ${groups} of keys and of values`);
      let [q, k] = [
        split(key ? query : part(0, heads), heads, fail),
        split(key ?? part(heads, groups), groups, fail),
      ];
      const v = split(value ?? part(heads + groups, groups), groups, fail);
      if (options.do_rotary) {
        if (!cos || !sin) throw fail('it turns its queries, and has no cos_cache or sin_cache');
        const places =
          positions ??
          make(
            'int64',
            [batch, queries],
            BigInt64Array.from({ length: batch * queries }, (_, at) =>
              BigInt((before[Math.floor(at / queries)] ?? 0) + (at % queries)),
            ),
          );
        const turn = (x: Tensor): Tensor =>
          rotated(x, cos, sin, places, options.rotary_interleaved, undefined, 2 * (cos.dims[1] ?? 0), fail);
        [q, k] = [turn(q), turn(k)];
      }
      const [keys, values] = [
        behind(pastKey, k, before, total, fail),
        behind(pastValue, v, before, total, fail),
      ];
      const sinks = sink
        ? Array.from(doublesOf(sink))
        : options.smooth_softmax > 0
          ? new Array<number>(heads).fill(0)
          : undefined;
      if (sinks && sinks.length !== heads) throw fail(`head_sink [${sink?.dims}] is not of ${heads} heads`);
      const { y } = attended(
        q,
        keys,
        values,
        bias,
        { offset: (row) => before[row] ?? 0, valid: (row) => counts[row] ?? 0 },
        {
          is_causal: true,
          qk_matmul_output_mode: 0,
          scale: options.scale === 0 ? undefined : options.scale,
          softcap: options.softcap,
          sinks,
          // The window counts the query's own place.
          left_window_size: options.local_window_size < 0 ? -1 : options.local_window_size - 1,
        },
        fail,
      );
      return [joined(y), keys, values];
    },
    {
      refuse: ({ do_rotary: isTurning }, _count, { hasInput, hasOutput }) => {
        if (hasInput(1) !== hasInput(2)) return 'it has keys or values alone';
        if (isTurning && !(hasInput(7) && hasInput(8)))
          return 'it turns its queries, and has no cos_cache or sin_cache';
        if (hasInput(12) || hasInput(13)) return unhonoured('k_scale or v_scale');
        return hasOutput(3) ? 'it gives output_qk, which is not honoured' : isLonely(hasInput, 3);
      },
    },
  ),
};

/**
 * Keys or values behind those of a past, of which so many of each row count. A past may have room for more than it holds: then
 * what comes of it has the same room.
 */
function behind(
  past: Tensor | undefined,
  fresh: Tensor,
  before: readonly number[],
  total: number,
  fail: Fail,
): Tensor {
  const [batch = 0, groups = 0, queries = 0, size = 0] = fresh.dims;
  const room = past?.dims[2] ?? 0;
  if (before.some((one) => one > room))
    throw fail(`seqlens_k speaks of ${Math.max(...before)} keys before, and its past has ${room}`);
  const length = Math.max(room, total);
  if (length === queries) return fresh;
  if (past && room + queries === length && before.every((one) => one === room))
    return concatenated([past, fresh], 2);
  const [old, own] = [past && doublesOf(past), doublesOf(fresh)];
  const out = new Float64Array(checkSize([batch, groups, length, size], 'float64'));
  for (let lane = 0; lane < batch * groups; lane++) {
    const start = (before[Math.floor(lane / groups)] ?? 0) * size;
    if (old) out.set(old.subarray(lane * room * size, lane * room * size + start), lane * length * size);
    out.set(own.subarray(lane * queries * size, (lane + 1) * queries * size), lane * length * size + start);
  }
  return fromNumbers(fresh.type, [batch, groups, length, size], out);
}

/** The first position, or that of each. */
export const RotaryEmbedding: Versions = {
  1: op(
    'T:float int64 T T -> T',
    {
      interleaved: flag(false),
      num_heads: int(0),
      rotary_embedding_dim: int(0),
      scale: checked(float(1), (one) => one === 1, '1'),
      is_packed_batching: no(0),
    },
    ([x, positions, cos, sin], { interleaved, num_heads, rotary_embedding_dim: rotary }, { fail }) => {
      const isHeaded = x.dims.length === 4;
      const [batch = 0] = x.dims;
      const length = (isHeaded ? x.dims[2] : x.dims[1]) ?? 0;
      const [first = 0] = integersOf(positions);
      const places =
        positions.data.length === 1 && batch * length !== 1
          ? make(
              'int64',
              [batch, length],
              BigInt64Array.from({ length: batch * length }, (_, at) => BigInt(first + (at % length))),
            )
          : positions;
      const size = 2 * (cos.dims[1] ?? 0);
      const heads = num_heads > 0 ? num_heads : size > 0 ? (x.dims[2] ?? 0) / size : 0;
      return rotated(x, cos, sin, places, interleaved, isHeaded ? undefined : heads, rotary, fail);
    },
  ),
};
