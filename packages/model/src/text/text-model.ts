import type { Session, TensorData, ValueData } from '@trestle/onnx';
import type { Row } from '../check-rows.ts';
import { invalid, ModelError } from '../model-error.ts';
import { isMasked, textFeeds } from './text-feeds.ts';
import type { TextPart } from './text-metadata.ts';
import { type Encoded, type TextTokens, textTokens } from './text-tokens.ts';

/** Texts that are computed together; more wait. */
const TOGETHER = 16;

type Embedding = Extract<TextPart, { kind: 'embedding' }>;

/**
 * Tokens of the texts of rows.
 *
 * @throws TRS_MODEL_ROW_INVALID for a text with more tokens than the model takes: which of them matter, nobody here knows
 */
export function encodeRows(tokens: TextTokens, rows: readonly Row[], maxTokens: number): readonly Encoded[] {
  return rows.map((row, index) => {
    const { text } = row;
    if (typeof text !== 'string') throw invalid(index, 'text', 'it must be a text');
    let encoded: Encoded;
    try {
      encoded = tokens.encode(text);
    } catch (thrown) {
      throw invalid(index, 'text', thrown instanceof Error ? thrown.message : String(thrown));
    }
    if (encoded.ids.length > maxTokens)
      throw invalid(index, 'text', `it has ${encoded.ids.length} tokens, and the model takes ${maxTokens}`);
    return encoded;
  });
}

/** Answers texts with the numbers of an output: [texts, numbers] in row-major order. */
export function textAnswers(
  session: Session,
  part: Exclude<TextPart, { kind: 'generation' }>,
): (rows: readonly Row[]) => Promise<{ readonly values: Float64Array; readonly width: number }> {
  const tokens = textTokens(part);
  return async (rows) => {
    const texts = encodeRows(tokens, rows, part.maxTokens);
    // Texts of like length together: padding is work for nothing.
    const order = [...texts.keys()].sort((a, b) => lengthOf(texts, a) - lengthOf(texts, b));
    let values = new Float64Array(0);
    let width = 0;
    const together = isMasked(session.inputs) ? TOGETHER : 1;
    for (let from = 0; from < order.length; from += together) {
      const group = order.slice(from, from + together);
      const own = group.map((row) => texts[row] ?? { ids: [], types: [] });
      const { feeds, length, mask } = textFeeds(own, session.inputs, part);
      const found = outputOf(await session.run(feeds), part.output);
      const pooled = part.kind === 'embedding' ? embed(found, part, { length, mask }) : found.data;
      width = pooled.length / group.length;
      if (values.length === 0) values = new Float64Array(rows.length * width);
      for (const [index, row] of group.entries())
        for (let at = 0; at < width; at++) values[row * width + at] = Number(pooled[index * width + at]);
    }
    return { values, width };
  };
}

const lengthOf = (texts: readonly Encoded[], row: number): number => texts[row]?.ids.length ?? 0;

/** @throws TRS_MODEL_TEXT_OUTPUT where it is not there, or holds no numbers */
export function outputOf(outputs: Readonly<Record<string, ValueData>>, name: string): TensorData {
  const found = outputs[name];
  if (found && 'data' in found && found.data && found.type !== 'string') return found;
  throw new ModelError(
    'TEXT_OUTPUT',
    `The graph has no output "${name}" of numbers.`,
    'Register the folder that it came from again.',
  );
}

/** One vector a text: of its tokens those that the mask shows. */
function embed(
  { data, dims }: TensorData,
  { pooling, isNormalised }: Embedding,
  { length, mask }: { readonly length: number; readonly mask: Uint8Array },
): Float64Array {
  const [rows = 0] = dims;
  const width = dims.at(-1) ?? 0;
  const found = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    let count = 0;
    const steps = pooling === 'none' ? 1 : length;
    for (let step = 0; step < steps; step++) {
      const isIn = pooling === 'mean' ? mask[row * length + step] === 1 : step === 0;
      if (!isIn) continue;
      count++;
      for (let at = 0; at < width; at++)
        found[row * width + at] =
          (found[row * width + at] ?? 0) + Number(data[(row * steps + step) * width + at]);
    }
    const own = found.subarray(row * width, (row + 1) * width);
    // sentence-transformers divides by no less than these.
    const scale =
      1 /
      Math.max(count, 1e-9) /
      (isNormalised ? Math.max(Math.hypot(...own) / Math.max(count, 1e-9), 1e-12) : 1);
    for (let at = 0; at < width; at++) own[at] = (own[at] ?? 0) * scale;
  }
  return found;
}
