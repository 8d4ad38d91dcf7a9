import type { TensorData, ValueInfo } from '@trestle/onnx';
import type { Encoded } from './text-tokens.ts';

/** Lengths are brought up to multiples: a graph is planned once for a shape, and texts are of all lengths. */
const STEP = 8;

/** Inputs of a graph that tokens of texts give, by what exporters call them. */
export const TOKEN_INPUTS = ['input_ids', 'attention_mask', 'token_type_ids', 'position_ids'];

type Feeds = Record<string, Omit<TensorData, 'name'>>;

/** Whether the graph is told which tokens are padding: texts of other lengths cannot be computed together where it is not. */
export const isMasked = (inputs: readonly ValueInfo[]): boolean =>
  inputs.some(({ name }) => name === 'attention_mask');

/** Tokens of texts as inputs of the graph, padded to one length where it has a mask. */
export function textFeeds(
  texts: readonly Encoded[],
  inputs: readonly ValueInfo[],
  { padding, maxTokens }: { readonly padding: number; readonly maxTokens: number },
): { readonly feeds: Feeds; readonly length: number; readonly mask: Uint8Array } {
  const longest = Math.max(1, ...texts.map(({ ids }) => ids.length));
  const length = isMasked(inputs) ? Math.min(maxTokens, Math.ceil(longest / STEP) * STEP) : longest;
  const size = texts.length * length;
  const mask = new Uint8Array(size);
  const [ids, types, positions] = [new Array<number>(size).fill(padding), zeros(size), zeros(size)];
  for (const [row, text] of texts.entries())
    for (const [at, id] of text.ids.entries()) {
      const place = row * length + at;
      ids[place] = id;
      types[place] = text.types[at] ?? 0;
      positions[place] = at;
      mask[place] = 1;
    }
  const all: Readonly<Record<string, readonly number[]>> = {
    input_ids: ids,
    attention_mask: [...mask],
    token_type_ids: types,
    position_ids: positions,
  };
  const feeds = inputs.flatMap(({ name, type }) => {
    const data = all[name];
    return data ? [[name, tensorOf(type, [texts.length, length], data)] as const] : [];
  });
  return { feeds: Object.fromEntries(feeds), length, mask };
}

const zeros = (size: number): number[] => new Array<number>(size).fill(0);

/** Whole numbers in the type that an input declares. */
export function tensorOf(
  type: string,
  dims: readonly number[],
  data: readonly number[],
): Omit<TensorData, 'name'> {
  if (type === 'float32') return { type, dims, data: Float32Array.from(data) };
  return { type: type === 'int32' ? 'int32' : type === 'bool' ? 'bool' : 'int64', dims, data };
}
