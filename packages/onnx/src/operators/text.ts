import { broadcastDims, broadcastPlaces } from '../tensor/places.ts';
import { checkSize, floats, longs, sizeOf, texts, textsOf } from '../tensor/tensor.ts';
import {
  bigints,
  checked,
  choice,
  flag,
  floatList,
  int,
  ints,
  required,
  type Spec,
  string,
  strings,
} from './attributes.ts';
import { op, type Versions } from './definition.ts';

/** Splits each text into words, padded with '' to the most that one has; and how many each has. */
export const StringSplit: Versions = {
  20: op(
    'string -> string int64',
    { delimiter: string(''), maxsplit: int() },
    ([x], { delimiter, maxsplit }) => {
      const data = textsOf(x);
      const most = maxsplit === undefined || maxsplit < 0 ? Number.POSITIVE_INFINITY : maxsplit;
      const words = data.map((text) =>
        delimiter === '' ? splitAtSpace(text, most) : splitAt(text, delimiter, most),
      );
      const width = words.reduce((widest, list) => Math.max(widest, list.length), 0);
      const padded = words.flatMap((list) => [...list, ...Array<string>(width - list.length).fill('')]);
      return [
        texts([...x.dims, width], padded),
        longs(
          x.dims,
          words.map((list) => list.length),
        ),
      ];
    },
  ),
};

/** Any run of white space divides, and none is left at the ends; the rest behind the last split stays as it is. */
function splitAtSpace(text: string, most: number): string[] {
  const words: string[] = [];
  let rest = text.replace(/^[ \t\n\v\f\r]+/, '');
  while (rest !== '' && words.length < most) {
    const end = rest.search(/[ \t\n\v\f\r]/);
    if (end < 0) break;
    words.push(rest.slice(0, end));
    rest = rest.slice(end).replace(/^[ \t\n\v\f\r]+/, '');
  }
  return rest === '' ? words : [...words, rest.replace(/[ \t\n\v\f\r]+$/, '')];
}

function splitAt(text: string, delimiter: string, most: number): string[] {
  if (text === '') return [];
  const parts = text.split(delimiter);
  return parts.length - 1 <= most ? parts : [...parts.slice(0, most), parts.slice(most).join(delimiter)];
}

export const StringConcat: Versions = {
  20: op('string string -> string', {}, ([x, y]) => {
    const dims = broadcastDims(x.dims, y.dims);
    const [left, right] = [broadcastPlaces(x.dims, dims), broadcastPlaces(y.dims, dims)];
    const [a, b] = [textsOf(x), textsOf(y)];
    return texts(
      dims,
      Array.from(
        { length: sizeOf(dims) },
        (_, i) => `${a[left ? (left[i] ?? 0) : i]}${b[right ? (right[i] ?? 0) : i]}`,
      ),
    );
  }),
};

/** A locale as C names it, such as en_US. */
const locale = (): Spec<string | undefined> =>
  checked(
    string(),
    (name) => {
      if (name === undefined || name === '' || name === 'C') return true;
      try {
        return Intl.getCanonicalLocales(localeTag(name)).length > 0;
      } catch {
        return false;
      }
    },
    'the name of a locale',
  );
const localeTag = (name: string): string => name.replace(/[.@].*$/, '').replaceAll('_', '-');

/** Leaves words out and changes the case of the others. */
export const StringNormalizer: Versions = {
  10: op(
    'string -> string',
    {
      case_change_action: choice('NONE', 'LOWER', 'UPPER'),
      is_case_sensitive: flag(false),
      locale: locale(),
      stopwords: strings([]),
    },
    ([x], { case_change_action: change, is_case_sensitive: isExact, locale: name, stopwords }, call) => {
      const isRow = x.dims.length === 2 && x.dims[0] === 1;
      if (x.dims.length !== 1 && !isRow) throw call.fail(`it takes [words] or [1, words], not [${x.dims}]`);
      const tag = name === undefined || name === '' || name === 'C' ? 'en-US' : localeTag(name);
      const comparable = (word: string): string => (isExact ? word : word.toLocaleLowerCase(tag));
      const stops = new Set(stopwords.map(comparable));
      const kept = textsOf(x).filter((word) => !stops.has(comparable(word)));
      const changed = kept.map((word) =>
        change === 'LOWER'
          ? word.toLocaleLowerCase(tag)
          : change === 'UPPER'
            ? word.toLocaleUpperCase(tag)
            : word,
      );
      const words = changed.length > 0 ? changed : [''];
      return texts(isRow ? [1, words.length] : [words.length], words);
    },
  ),
};

interface TfIdfOptions {
  readonly ngram_counts: readonly number[];
  readonly ngram_indexes: readonly number[];
  readonly min_gram_length: number;
  readonly max_gram_length: number;
  readonly max_skip_count: number;
  readonly pool_strings: readonly string[] | undefined;
  readonly pool_int64s: readonly bigint[] | undefined;
  readonly weights: readonly number[] | undefined;
  readonly mode: string;
}

/** The places of the n-grams of a pool, by their words. */
function placesOfGrams(pool: readonly string[], options: TfIdfOptions): Map<string, number> {
  const places = new Map<string, number>();
  let gram = 0;
  const { ngram_counts: starts } = options;
  for (let length = 1; length <= starts.length; length++) {
    const end = starts[length] ?? pool.length;
    for (let at = starts[length - 1] ?? 0; at + length <= end; at += length, gram++)
      if (length >= options.min_gram_length && length <= options.max_gram_length)
        places.set(keyOf(pool.slice(at, at + length)), gram);
  }
  return places;
}
const keyOf = (words: readonly string[]): string =>
  words.length === 1 ? (words[0] ?? '') : JSON.stringify(words);

/** Counts the runs of words (or of numbers as words) that its pool names, in each row, also with words skipped between. */
export const TfIdfVectorizer: Versions = {
  9: op(
    'T:string|int32|int64 -> float32',
    {
      max_gram_length: required(int()),
      max_skip_count: required(int()),
      min_gram_length: required(int()),
      mode: required(
        checked(
          string(),
          (mode) => mode === undefined || ['TF', 'IDF', 'TFIDF'].includes(mode),
          'TF, IDF or TFIDF',
        ),
      ),
      ngram_counts: required(ints()),
      ngram_indexes: required(ints()),
      pool_int64s: bigints(),
      pool_strings: strings(),
      weights: floatList(),
    },
    ([x], options, call) => {
      const isText = x.type === 'string';
      const pool = isText ? options.pool_strings : options.pool_int64s?.map(String);
      if (!pool) throw call.fail(`its pool is not of ${x.type}`);
      const { min_gram_length: shortest, max_gram_length: longest, mode, ngram_indexes: indexes } = options;
      const columns = indexes.reduce((most, index) => Math.max(most, index + 1), 0);
      const places = placesOfGrams(pool, options);
      const isBatch = x.dims.length === 2;
      if (!isBatch && x.dims.length !== 1)
        throw call.fail(`it takes [words] or [rows, words], not [${x.dims}]`);
      const [rows, width] = isBatch ? [x.dims[0] ?? 0, x.dims[1] ?? 0] : [1, x.data.length];
      const words = Array.from<unknown, string>(x.data as ArrayLike<unknown>, String);
      const out = new Float32Array(checkSize([rows, columns], 'float32'));
      for (let row = 0; row < rows; row++)
        for (let length = shortest; length <= Math.min(longest, width); length++)
          // One word alone is the same however many are skipped behind it, and no run is longer than the row.
          for (let skip = 0; skip <= (length === 1 ? 0 : Math.min(options.max_skip_count, width)); skip++)
            for (let from = 0; from + (length - 1) * (skip + 1) < width; from++) {
              const gram = Array.from({ length }, (_, i) => words[row * width + from + i * (skip + 1)] ?? '');
              const found = places.get(keyOf(gram));
              if (found === undefined) continue;
              const at = row * columns + (indexes[found] ?? 0);
              const weight = mode === 'TF' ? 1 : (options.weights?.[found] ?? 1);
              out[at] = mode === 'IDF' ? weight : (out[at] ?? 0) + weight;
            }
      return floats(isBatch ? [rows, columns] : [columns], out);
    },
    {
      refuse: (options) =>
        (options.pool_strings === undefined) === (options.pool_int64s === undefined)
          ? 'it has no pool, or two'
          : undefined,
    },
  ),
};
