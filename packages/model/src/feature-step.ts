/**
 * One declared feature with what was learnt of it from the training part: a block of columns of the design matrix. Each has
 * the same meaning computed by `encodeFeature` and as the nodes that `featureNodes` adds to the graph.
 */
export type FeatureStep =
  | ImputeStep
  | ScaleStep
  | BucketsStep
  | CyclicStep
  | OneHotStep
  | LookupStep
  | HashStep
  | CrossStep
  | TextStep
  | TokensStep
  | ImageStep;

interface Named {
  /** What the columns are called after. */
  readonly name: string;
}

/** A number as it is, another in the place of a missing one, and if asked for whether it was missing. */
export interface ImputeStep extends Named {
  readonly kind: 'impute';
  readonly column: string;
  readonly impute: number;
  readonly flag: boolean;
}

/** (x - offset) * scale: by mean and deviation, or by median and quartiles. */
export interface ScaleStep extends Named {
  readonly kind: 'scale';
  readonly column: string;
  readonly impute: number;
  readonly offset: number;
  readonly scale: number;
}

/** One column per interval between ascending edges, open at both ends; a value on an edge is below it. */
export interface BucketsStep extends Named {
  readonly kind: 'buckets';
  readonly column: string;
  readonly impute: number;
  readonly edges: readonly number[];
}

/** Where a number stands in a period that repeats, as sine and cosine: 23:59 is near 00:01. */
export interface CyclicStep extends Named {
  readonly kind: 'cyclic';
  readonly column: string;
  readonly impute: number;
  readonly period: number;
}

/** One column per category; none of them for a rare or unseen one. */
export interface OneHotStep extends Named {
  readonly kind: 'oneHot';
  readonly column: string;
  readonly categories: readonly string[];
}

/** A number per category (its place, the mean of the target), and one for rare and unseen ones. */
export interface LookupStep extends Named {
  readonly kind: 'lookup';
  readonly column: string;
  readonly keys: readonly string[];
  readonly values: readonly number[];
  readonly otherwise: number;
}

/** One column per remainder of the text's hash (MurmurHash3, 32 bits, of UTF-8): nothing is learnt, and nothing is unseen. */
export interface HashStep extends Named {
  readonly kind: 'hash';
  readonly column: string;
  readonly buckets: number;
}

/** One column per pair of categories of two columns that is frequent enough. */
export interface CrossStep extends Named {
  readonly kind: 'cross';
  readonly columns: readonly [string, string];
  readonly categories: readonly [readonly string[], readonly string[]];
  /** Places of categories of the first and the second column. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** How often words, and runs of words, occur, each time by its weight; words are what white space divides. */
export interface TextStep extends Named {
  readonly kind: 'text';
  readonly column: string;
  /** Runs of words with their column: spellings that differ in case share one. Shorter runs come first. */
  readonly terms: readonly { readonly words: readonly string[]; readonly column: number }[];
  /** One per column. */
  readonly weights: readonly number[];
}

/** The first words of a text by their numbers in a vocabulary, filled up to a length. */
export interface TokensStep extends Named {
  readonly kind: 'tokens';
  readonly column: string;
  readonly length: number;
  /** Words with their numbers, from `FIRST_TOKEN` on: spellings that differ in case share one. */
  readonly words: readonly (readonly [word: string, token: number])[];
}

/** The pixels of an image, brought to one size and normalised channel by channel: (x - mean) / deviation, x from 0 to 255. */
export interface ImageStep extends Named {
  readonly kind: 'image';
  readonly column: string;
  readonly height: number;
  readonly width: number;
  /** One of grey, or red, green and blue. */
  readonly channels: 1 | 3;
  /** One per channel. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Tokens that are no word of the vocabulary. */
export const PADDING = 0;
export const UNKNOWN_TOKEN = 1;
export const FIRST_TOKEN = 2;

const NUMBER_KINDS: ReadonlySet<FeatureStep['kind']> = new Set(['impute', 'scale', 'buckets', 'cyclic']);

/** Whether a step reads numbers (also times and truths), texts or images. */
export const readsOf = (step: FeatureStep): 'numbers' | 'texts' | 'images' =>
  step.kind === 'image' ? 'images' : NUMBER_KINDS.has(step.kind) ? 'numbers' : 'texts';

/** The columns of the data that a step reads. */
export const columnsOf = (step: FeatureStep): readonly string[] =>
  step.kind === 'cross' ? step.columns : [step.column];

/** The columns of the design matrix that a step makes. */
export function featureColumns(step: FeatureStep): readonly string[] {
  const { name } = step;
  switch (step.kind) {
    case 'scale':
    case 'lookup':
      return [name];
    case 'impute':
      return step.flag ? [name, `${name} is missing`] : [name];
    case 'image':
      return Array.from({ length: step.channels * step.height * step.width }, (_, place) => {
        const pixel = place % (step.height * step.width);
        const [row, column] = [Math.floor(pixel / step.width), pixel % step.width];
        return `${name} [${Math.floor(place / (step.height * step.width))}, ${row}, ${column}]`;
      });
    case 'tokens':
      return Array.from({ length: step.length }, (_, place) => `${name} [${place}]`);
    case 'buckets':
      return [...step.edges.map((edge) => `${name} <= ${edge}`), `${name} beyond`];
    case 'cyclic':
      return [`${name} (sine)`, `${name} (cosine)`];
    case 'oneHot':
      return step.categories.map((category) => `${name} = ${category === '' ? '(missing)' : category}`);
    case 'hash':
      return Array.from({ length: step.buckets }, (_, bucket) => `${name} # ${bucket}`);
    case 'cross':
      return step.pairs.map(([a, b]) => `${name} = ${step.categories[0][a]} & ${step.categories[1][b]}`);
    case 'text':
      return step.weights.map(
        (_, column) => `${name} ~ ${step.terms.find((term) => term.column === column)?.words.join(' ')}`,
      );
  }
}
