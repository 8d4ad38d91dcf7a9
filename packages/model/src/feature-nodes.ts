import {
  type FeatureStep,
  type ImageStep,
  PADDING,
  type TextStep,
  type TokensStep,
  UNKNOWN_TOKEN,
} from './feature-step.ts';
import { floats, type GraphBuilder, int, ints, strings } from './graph-builder.ts';
import { RESIZING } from './image/resize-pixels.ts';

const ML = 'ai.onnx.ml';
const MICROSOFT = 'com.microsoft';

/** The operator sets that a step needs beyond those of every model: StringSplit came with the 20th, MurmurHash3 is no standard. */
export const newerOpset = (steps: readonly FeatureStep[]): boolean =>
  steps.some((step) => step.kind === 'text' || step.kind === 'tokens');
export const foreignOpset = (steps: readonly FeatureStep[]): boolean =>
  steps.some((step) => step.kind === 'hash');

/** Adds a step to a graph. @returns the name of its block, [batch, columns] */
export function featureNodes(graph: GraphBuilder, step: FeatureStep): string {
  switch (step.kind) {
    case 'impute': {
      if (!step.flag) return imputed(graph, step);
      const missing = graph.add('Cast', [graph.add('IsNaN', [step.column])], { to: int(1) });
      return graph.add('Concat', [imputed(graph, step), missing], { axis: int(1) });
    }
    case 'scale':
      return graph.add(
        'Scaler',
        [imputed(graph, step)],
        { offset: floats([step.offset]), scale: floats([step.scale]) },
        ML,
      );
    case 'buckets': {
      const value = imputed(graph, step);
      const edges = graph.constant('float32', [1, step.edges.length], Float32Array.from(step.edges));
      const above = graph.add('Cast', [graph.add('Greater', [value, edges])], { to: int(1) });
      const one = graph.add('Cast', [graph.add('Equal', [value, value])], { to: int(1) });
      const zero = graph.add('Sub', [one, one]);
      // Above the edge before and not above the next: 1 between them.
      const before = graph.add('Concat', [one, above], { axis: int(1) });
      return graph.add('Sub', [before, graph.add('Concat', [above, zero], { axis: int(1) })]);
    }
    case 'cyclic': {
      const scalar = (value: number): string => graph.constant('float32', [1], Float32Array.of(value));
      const turns = graph.add('Mul', [imputed(graph, step), scalar(1 / step.period)]);
      const part = graph.add('Sub', [turns, graph.add('Floor', [turns])]);
      const angle = graph.add('Mul', [part, scalar(2 * Math.PI)]);
      return graph.add('Concat', [graph.add('Sin', [angle]), graph.add('Cos', [angle])], { axis: int(1) });
    }
    case 'oneHot': {
      const { column, categories } = step;
      const oneHot = graph.add(
        'OneHotEncoder',
        [column],
        { cats_strings: strings(categories), zeros: int(1) },
        ML,
      );
      return flat(graph, oneHot, categories.length);
    }
    case 'lookup':
      return graph.add(
        'LabelEncoder',
        [step.column],
        {
          keys_strings: strings(step.keys),
          values_floats: floats(step.values),
          default_float: { kind: 'float', value: step.otherwise },
        },
        ML,
      );
    case 'hash': {
      const hash = graph.add('MurmurHash3', [step.column], { seed: int(0), positive: int(0) }, MICROSOFT);
      // The remainder of a negative number is positive, as the divisor is.
      const bucket = graph.add('Mod', [hash, graph.constant('int32', [1], [step.buckets])]);
      return numbered(graph, graph.add('Cast', [bucket], { to: int(7) }), [...Array(step.buckets).keys()]);
    }
    case 'cross': {
      const [first, second] = step.columns.map((column, side) =>
        graph.add(
          'LabelEncoder',
          [column],
          {
            keys_strings: strings(step.categories[side] ?? []),
            values_int64s: ints(...(step.categories[side] ?? []).keys()),
            default_int64: int(step.categories[side]?.length ?? 0),
          },
          ML,
        ),
      );
      const size = step.categories[1].length + 1;
      const base = graph.add('Mul', [first ?? '', graph.constant('int64', [1], [size])]);
      const pair = graph.add('Add', [base, second ?? '']);
      return numbered(
        graph,
        pair,
        step.pairs.map(([a, b]) => a * size + b),
      );
    }
    case 'text':
      return textNodes(graph, step);
    case 'image':
      return imageNodes(graph, step);
    case 'tokens':
      return tokenNodes(graph, step);
  }
}

function imputed(graph: GraphBuilder, step: { readonly column: string; readonly impute: number }): string {
  return graph.add(
    'Imputer',
    [step.column],
    {
      imputed_value_floats: floats([step.impute]),
      replaced_value_float: { kind: 'float', value: Number.NaN },
    },
    ML,
  );
}

/** One column per number of a list. */
function numbered(graph: GraphBuilder, value: string, list: readonly number[]): string {
  const oneHot = graph.add('OneHotEncoder', [value], { cats_int64s: ints(...list), zeros: int(1) }, ML);
  return flat(graph, oneHot, list.length);
}

/** [batch, 1, columns] as [batch, columns]. */
const flat = (graph: GraphBuilder, value: string, columns: number): string =>
  graph.add('Reshape', [value, graph.constant('int64', [2], [-1, columns])]);

/** The words of each text of a column, [batch, most words], filled up with ''. */
function wordNodes(graph: GraphBuilder, column: string): string {
  const texts = graph.add('Reshape', [column, graph.constant('int64', [1], [-1])]);
  return graph.add('StringSplit', [texts], {}, '', 2);
}

/** From [batch, height, width, channels] of any size; RESIZING says the same to training. */
function imageNodes(graph: GraphBuilder, step: ImageStep): string {
  const { column, height, width, channels } = step;
  const perChannel = (values: readonly number[]): string =>
    graph.constant('float32', [1, channels, 1, 1], Float32Array.from(values));
  const planes = graph.add('Transpose', [column], { perm: ints(0, 3, 1, 2) });
  const size = graph.constant('int64', [2], [height, width]);
  const resized = graph.add('Resize', [planes, '', '', size], {
    mode: { kind: 'string', value: 'linear' },
    coordinate_transformation_mode: { kind: 'string', value: RESIZING.coordinates },
    antialias: int(Number(RESIZING.antialias)),
    axes: ints(2, 3),
  });
  const centred = graph.add('Sub', [resized, perChannel(step.mean)]);
  return graph.add('Flatten', [graph.add('Div', [centred, perChannel(step.deviation)])], { axis: int(1) });
}

function tokenNodes(graph: GraphBuilder, { column, length, words }: TokensStep): string {
  const look = (texts: string, pairs: readonly (readonly [string, number])[], otherwise: number): string =>
    graph.add(
      'LabelEncoder',
      [texts],
      {
        keys_strings: strings(pairs.map(([word]) => word)),
        values_floats: floats(pairs.map(([, token]) => token)),
        default_float: { kind: 'float', value: otherwise },
      },
      ML,
    );
  const found = look(wordNodes(graph, column), [['', PADDING], ...words], UNKNOWN_TOKEN);
  // As many columns of padding as the shortest text may need; what is too much is cut off.
  const none = look(column, [['', PADDING]], PADDING);
  const padding = graph.add('Add', [none, graph.constant('float32', [1, length], new Float32Array(length))]);
  const filled = graph.add('Concat', [found, padding], { axis: int(1) });
  const [from, to, axis] = [0, length, 1].map((value) => graph.constant('int64', [1], [value]));
  return graph.add('Slice', [filled, from ?? '', to ?? '', axis ?? '']);
}

function textNodes(graph: GraphBuilder, { column, terms, weights }: TextStep): string {
  const words = wordNodes(graph, column);
  const longest = Math.max(...terms.map((term) => term.words.length));
  // Where the runs of one word, of two, … begin among all words of the pool.
  const starts = Array.from({ length: longest }, (_, length) =>
    terms.filter((term) => term.words.length <= length).reduce((sum, term) => sum + term.words.length, 0),
  );
  return graph.add('TfIdfVectorizer', [words], {
    mode: { kind: 'string', value: 'TFIDF' },
    min_gram_length: int(1),
    max_gram_length: int(longest),
    max_skip_count: int(0),
    ngram_counts: ints(...starts),
    ngram_indexes: ints(...terms.map((term) => term.column)),
    pool_strings: strings(terms.flatMap((term) => term.words)),
    weights: floats(terms.map((term) => weights[term.column] ?? 0)),
  });
}
