import { isTensorType, type ValueData, type ValueInfo } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import { sizeOf } from '../tensor/tensor.ts';

/** A value that is fed: its name is that of the input. */
export type Feed = ValueData extends infer D ? (D extends ValueData ? Omit<D, 'name'> : never) : never;

/** Each input is there, of its type and shape. @throws TRS_ONNX_FEED naming the input */
export function checkFeeds(inputs: readonly ValueInfo[], feeds: Readonly<Record<string, Feed>>): void {
  const symbols = new Map<string, number>();
  const unknown = Object.keys(feeds).find((name) => !inputs.some((input) => input.name === name));
  if (unknown !== undefined) throw feedError(unknown, 'the model has no such input');
  for (const input of inputs) {
    const feed = Object.hasOwn(feeds, input.name) ? feeds[input.name] : undefined;
    if (!feed) throw feedError(input.name, 'it is missing');
    if (feed.type !== input.type)
      throw feedError(input.name, `it is ${feed.type}, the model takes ${input.type}`);
    if (!isTensorType(feed.type) || feed.dims === undefined || feed.data === undefined) continue;
    const isShape = feed.dims.every((length) => Number.isSafeInteger(length) && length >= 0);
    if (!isShape || feed.data.length !== sizeOf(feed.dims))
      throw feedError(input.name, `${feed.data.length} values do not fill [${feed.dims.join(', ')}]`);
    if (!input.isRankless && !isFitting(feed.dims, input.dims, symbols))
      throw feedError(
        input.name,
        `its shape is [${feed.dims.join(', ')}], the model takes [${input.dims.join(', ')}]`,
      );
  }
}

function isFitting(
  dims: readonly number[],
  wanted: ValueInfo['dims'],
  symbols: Map<string, number>,
): boolean {
  if (dims.length !== wanted.length) return false;
  return wanted.every((dim, axis) => {
    const length = dims[axis] ?? 0;
    if (typeof dim === 'number') return dim === length;
    if (dim === '?') return true;
    const known = symbols.get(dim) ?? length;
    symbols.set(dim, known);
    return known === length;
  });
}

const feedError = (name: string, reason: string): OnnxError =>
  new OnnxError('FEED', `The input "${name}" does not fit: ${reason}.`, "See the model's inputs.");
