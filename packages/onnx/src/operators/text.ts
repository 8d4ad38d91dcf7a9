import { tensor } from '@trestle/core';
import { murmurHash3 } from './murmur-hash.ts';
import type { Call, Operator } from './operator.ts';
import { numbers, toRuntime } from './value.ts';

function texts(call: Call) {
  const value = call.value(0);
  if (value.kind === 'texts') return value;
  throw call.fail('its input is not text');
}

/** Splits each text into words, padded with '' to the most that one has; and how many each has. */
const stringSplit: Operator = (call) => {
  const { dims, data } = texts(call);
  const delimiter = call.text('delimiter', '');
  const most = call.int('maxsplit', -1);
  if (most !== -1) throw call.fail('it limits the splits (maxsplit)');
  const words = data.map((text) => {
    if (text === '') return [];
    // Without a delimiter any run of white space divides, and none is left at the ends.
    return delimiter === ''
      ? text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '')
      : text.split(delimiter);
  });
  const width = Math.max(0, ...words.map((list) => list.length));
  const padded = words.flatMap((list) => [...list, ...Array<string>(width - list.length).fill('')]);
  return [
    { kind: 'texts', dims: [...dims, width], data: padded },
    toRuntime({ name: '', type: 'int64', dims, data: words.map((list) => list.length) }),
  ];
};

/** Counts the runs of words (or of numbers as words) that its pool names, in each row. */
const tfIdfVectorizer: Operator = async (call) => {
  const value = call.value(0);
  const dims = value.kind === 'texts' ? value.dims : value.tensor.shape;
  const data = value.kind === 'texts' ? value.data : [...(await value.tensor.data())].map(String);
  if (call.int('max_skip_count', 0) !== 0) throw call.fail('it skips words (max_skip_count)');
  const pool = value.kind === 'texts' ? call.texts('pool_strings') : call.ints('pool_int64s').map(String);
  const [starts, indexes, weights] = [
    call.ints('ngram_counts'),
    call.ints('ngram_indexes'),
    call.floats('weights'),
  ];
  const [shortest, longest] = [call.int('min_gram_length', 1), call.int('max_gram_length', 1)];
  const mode = call.text('mode', 'TF');
  const columns = Math.max(0, ...indexes.map((index) => index + 1));
  const places = new Map<string, number>();
  let gram = 0;
  for (let length = 1; length <= starts.length; length++) {
    const end = starts[length] ?? pool.length;
    for (let at = starts[length - 1] ?? 0; at + length <= end; at += length, gram++)
      if (length >= shortest && length <= longest) places.set(keyOf(pool.slice(at, at + length)), gram);
  }
  const isBatch = dims.length === 2;
  const [rows, width] = isBatch ? [dims[0] ?? 0, dims[1] ?? 0] : [1, data.length];
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const words = data.slice(row * width, (row + 1) * width);
    for (let length = shortest; length <= longest; length++) {
      for (let from = 0; from + length <= words.length; from++) {
        const found = places.get(keyOf(words.slice(from, from + length)));
        if (found === undefined) continue;
        const at = row * columns + (indexes[found] ?? 0);
        const weight = mode === 'TF' ? 1 : Math.fround(weights[found] ?? 1);
        out[at] = mode === 'IDF' ? weight : (out[at] ?? 0) + weight;
      }
    }
  }
  return numbers(tensor(out, { shape: isBatch ? [rows, columns] : [columns] }));
};

const keyOf = (words: readonly string[]): string => JSON.stringify(words);

/** Of com.microsoft: the hash of each text, signed, or its 32 bits as a positive number that must fit an int32 here. */
const murmur: Operator = (call) => {
  const { dims, data } = texts(call);
  if (call.int('positive', 1) === 1) throw call.fail('it gives unsigned numbers (positive)');
  const hashes = data.map((text) => murmurHash3(text, call.int('seed', 0)));
  return toRuntime({ name: '', type: 'int32', dims, data: hashes });
};

export const textOperators: Readonly<Record<string, Operator>> = {
  StringSplit: stringSplit,
  TfIdfVectorizer: tfIdfVectorizer,
};

export const microsoftOperators: Readonly<Record<string, Operator>> = { MurmurHash3: murmur };
