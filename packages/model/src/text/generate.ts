import type { Session, TensorData, ValueInfo } from '@trestle/onnx';
import type { Row } from '../check-rows.ts';
import { invalid } from '../model-error.ts';
import { numbersFrom, type Sampling, sampleToken } from './sample-token.ts';
import { tensorOf } from './text-feeds.ts';
import type { Generation } from './text-metadata.ts';
import { encodeRows, outputOf } from './text-model.ts';
import { type TextTokens, textTokens } from './text-tokens.ts';

/** A piece of a text that is being written. */
export interface TextPiece {
  readonly text: string;
  /** How many tokens are written so far. */
  readonly tokens: number;
  /** Why it ends: an end token came, or it is as long as was asked for. */
  readonly finish?: 'stop' | 'length';
}

/** What a caller may choose for a row, by field. */
const CHOICES: Readonly<Record<string, (value: number) => boolean>> = {
  max_tokens: (value) => Number.isInteger(value) && value >= 1,
  temperature: (value) => value >= 0 && Number.isFinite(value),
  top_k: (value) => Number.isInteger(value) && value >= 0,
  top_p: (value) => value > 0 && value <= 1,
  seed: (value) => Number.isInteger(value) && Math.abs(value) <= 2 ** 32,
};
export const GENERATION_CHOICES = Object.keys(CHOICES);

type Cache = Readonly<Record<string, Omit<TensorData, 'name'>>>;

/**
 * Writes a text on, token by token. With `past_key_values` in the graph each step computes the newest token alone.
 *
 * @returns for a row the pieces as they come; ends early where `isStopped` says so. @throws TRS_MODEL_ROW_INVALID
 */
export function generator(
  session: Session,
  part: Generation,
): (row: Row, isStopped?: () => boolean) => AsyncGenerator<TextPiece> {
  const tokens = textTokens(part);
  const step = stepper(session, part);
  return async function* generate(row, isStopped = () => false) {
    const [prompt] = encodeRows(tokens, [row], part.maxTokens - 1);
    const { most, sampling, next } = choicesOf(row, part);
    const [ids, written]: [number[], number[]] = [[...(prompt?.ids ?? [])], []];
    if (ids.length === 0) throw invalid(0, 'text', 'it has no tokens, and there is nothing to go on from');
    const piece = pieces(tokens);
    let cache: Cache | undefined;
    while (!isStopped()) {
      const found = await step(ids, cache);
      cache = found.cache;
      const token = sampleToken(found.logits, sampling, next);
      const isEnd = part.endTokens.includes(token);
      if (!isEnd) {
        ids.push(token);
        written.push(token);
      }
      const finish = isEnd
        ? 'stop'
        : written.length >= most || ids.length >= part.maxTokens
          ? 'length'
          : undefined;
      const text = piece(written, finish !== undefined);
      if (text !== '' || finish !== undefined)
        yield { text, tokens: written.length, ...(finish === undefined ? {} : { finish }) };
      if (finish !== undefined) return;
    }
  };
}

/** What is new of a text since the last call; a character whose bytes have not all come is kept back. */
function pieces(tokens: TextTokens): (written: readonly number[], isLast: boolean) => string {
  let told = '';
  return (written, isLast) => {
    const text = tokens.decode(written);
    if (!isLast && text.endsWith('\ufffd')) return '';
    const piece = text.startsWith(told) ? text.slice(told.length) : '';
    if (piece === '' && !isLast) return '';
    told = text;
    return piece;
  };
}

function choicesOf(row: Row, { defaults }: Generation) {
  const choice = (name: string, otherwise: number): number => {
    const value = row[name] ?? otherwise;
    if (typeof value === 'number' && CHOICES[name]?.(value)) return value;
    throw invalid(0, name, `it is ${JSON.stringify(value)}`);
  };
  const sampling: Sampling = {
    temperature: choice('temperature', defaults.temperature),
    topK: choice('top_k', defaults.top_k),
    topP: choice('top_p', defaults.top_p),
  };
  return {
    sampling,
    most: choice('max_tokens', defaults.max_tokens),
    next: numbersFrom(choice('seed', 0)),
  };
}

/** Computes the logits of the next token, and what the step after it needs. */
function stepper({ inputs, run }: Session, { output }: Generation) {
  const past = inputs.filter(({ name }) => name.startsWith('past_key_values.'));
  return async (ids: readonly number[], cache: Cache | undefined) => {
    const isCached = past.length > 0;
    const before = isCached && cache ? ids.length - 1 : 0;
    const fresh = ids.slice(before);
    const known: Readonly<Record<string, readonly number[]>> = {
      input_ids: fresh,
      attention_mask: new Array<number>(ids.length).fill(1),
      token_type_ids: new Array<number>(fresh.length).fill(0),
      position_ids: fresh.map((_, at) => before + at),
    };
    const feeds: Record<string, Omit<TensorData, 'name'>> = {};
    for (const { name, type } of inputs) {
      const data = known[name];
      if (data) feeds[name] = tensorOf(type, [1, data.length], data);
      else if (name === 'use_cache_branch') feeds[name] = tensorOf('bool', [1], [Number(before > 0)]);
    }
    for (const input of past) feeds[input.name] = cache?.[input.name] ?? emptyPast(input);
    const outputs = await run(feeds);
    const { data, dims } = outputOf(outputs, output);
    const width = dims.at(-1) ?? 0;
    const logits = Float64Array.from({ length: width }, (_, at) => Number(data[data.length - width + at]));
    const kept = past.map(
      ({ name }) => [name, outputOf(outputs, name.replace('past_key_values', 'present'))] as const,
    );
    return { logits, cache: isCached ? Object.fromEntries(kept) : undefined };
  };
}

/** Keys or values of no token: [1, heads, 0, width]. */
const emptyPast = ({ type, dims }: ValueInfo): Omit<TensorData, 'name'> => ({
  type: type === 'float16' ? type : 'float32',
  dims: dims.map((length, axis) => (axis === 0 ? 1 : axis === 2 ? 0 : Number(length))),
  data: new Float32Array(0),
});
