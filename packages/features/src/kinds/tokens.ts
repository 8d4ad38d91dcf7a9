import { floats, int, strings } from '@trestle/onnx';
import { z } from 'zod';
import { stringInput, stringReader } from '../categorical.ts';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';
import { frequentRuns, wordNodes, wordsOf } from '../words.ts';

/** Tokens that are no word of the vocabulary. */
const PADDING = 0;
const UNKNOWN_TOKEN = 1;
const FIRST_TOKEN = 2;

interface TokensStep extends FeatureStep {
  readonly kind: 'tokens';
  readonly column: string;
  readonly length: number;
  /** Words with their numbers: spellings that differ in case share one. */
  readonly words: readonly (readonly [word: string, token: number])[];
}

/** The first words as their numbers in a vocabulary, the most frequent word first: 0 fills up, 1 is any other word. */
export const tokens = featureKind({
  kind: 'tokens',
  spec: z.strictObject({
    kind: z.literal('tokens'),
    column: z.string().optional(),
    length: z.number().int().min(1).max(512).default(32),
    minRows: z.number().int().min(1).default(5),
    max: z.number().int().min(1).max(50_000).default(5_000),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly TokensStep[] => {
    const column = spec.column ?? name;
    const kept = frequentRuns(name, column, { ...spec, longest: 1 }, stringsOf(table, column, name));
    const words = kept.flatMap(({ spellings }, place) =>
      spellings.map((run) => [run.join(' '), FIRST_TOKEN + place] as const),
    );
    return [{ kind: 'tokens', name, column, length: spec.length, words }];
  },
  inputs: (step) => [stringInput(step.column)],
  columns: ({ name, length }) => Array.from({ length }, (_, place) => `${name} [${place}]`),
  encoder(step, columns) {
    const string = stringReader(step.column, columns);
    const token = new Map(step.words);
    return (row, put) => {
      const words = wordsOf(string(row)).slice(0, step.length);
      for (const [place, word] of words.entries()) put(place, token.get(word) ?? UNKNOWN_TOKEN);
    };
  },
  nodes(graph, { column, length, words }) {
    const look = (texts: string, pairs: readonly (readonly [string, number])[], otherwise: number): string =>
      graph.add(
        'LabelEncoder',
        [texts],
        {
          keys_strings: strings(pairs.map(([word]) => word)),
          values_floats: floats(pairs.map(([, token]) => token)),
          default_float: { kind: 'float', value: otherwise },
        },
        'ai.onnx.ml',
      );
    const found = look(wordNodes(graph, column), [['', PADDING], ...words], UNKNOWN_TOKEN);
    // As many columns of padding as the shortest text may need; what is too much is cut off.
    const none = look(column, [['', PADDING]], PADDING);
    const padding = graph.add('Add', [
      none,
      graph.constant('float32', [1, length], new Float32Array(length)),
    ]);
    const filled = graph.add('Concat', [found, padding], { axis: int(1) });
    const scalar = (value: number): string => graph.constant('int64', [1], [value]);
    return graph.add('Slice', [filled, scalar(0), scalar(length), scalar(1)]);
  },
});
