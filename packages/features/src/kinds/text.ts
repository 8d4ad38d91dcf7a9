import { floats, int, ints, strings } from '@trestle/onnx';
import { z } from 'zod';
import { stringInput, stringReader } from '../categorical.ts';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';
import { frequentRuns, runsOf, wordNodes, wordsOf } from '../words.ts';

interface TextStep extends FeatureStep {
  readonly kind: 'text';
  readonly column: string;
  /** Runs of words with their column: spellings that differ in case share one. Shorter runs come first. */
  readonly terms: readonly { readonly words: readonly string[]; readonly column: number }[];
  /** One per column. */
  readonly weights: readonly number[];
}

/**
 * Words and runs of words (n-grams) by how often they occur, weighted by how rare they are (tf-idf: ln((1 + n) / (1 + rows)) + 1,
 * as scikit-learn's) or plainly counted.
 */
export const text = featureKind({
  kind: 'text',
  spec: z.strictObject({
    kind: z.literal('text'),
    column: z.string().optional(),
    weigh: z.enum(['tfidf', 'count']).default('tfidf'),
    longest: z.number().int().min(1).max(5).default(1),
    minRows: z.number().int().min(1).default(5),
    max: z.number().int().min(1).max(5_000).default(200),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly TextStep[] => {
    const column = spec.column ?? name;
    const values = stringsOf(table, column, name);
    const kept = frequentRuns(name, column, spec, values);
    const terms = kept.flatMap(({ spellings }, place) =>
      spellings.map((words) => ({ words, column: place })),
    );
    return [
      {
        kind: 'text',
        name,
        column,
        terms: terms.toSorted((a, b) => a.words.length - b.words.length),
        weights: kept.map(({ rows }) =>
          spec.weigh === 'count' ? 1 : Math.log((1 + values.length) / (1 + rows)) + 1,
        ),
      },
    ];
  },
  inputs: (step) => [stringInput(step.column)],
  columns: ({ name, weights, terms }) =>
    weights.map((_, column) => `${name} ~ ${terms.find((term) => term.column === column)?.words.join(' ')}`),
  describe: ({ column, weights }) => [
    { column, encoding: `text: ${weights.length} words, the rarer the heavier` },
  ],
  encoder(step, columns) {
    const string = stringReader(step.column, columns);
    const column = new Map(step.terms.map((term) => [term.words.join(' '), term.column]));
    const longest = Math.max(0, ...step.terms.map((term) => term.words.length));
    return (row, put) => {
      for (const run of runsOf(wordsOf(string(row)), longest)) {
        const found = column.get(run.join(' '));
        if (found !== undefined) put(found, Math.fround(step.weights[found] ?? 0));
      }
    };
  },
  nodes(graph, { column, terms, weights }) {
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
  },
});
