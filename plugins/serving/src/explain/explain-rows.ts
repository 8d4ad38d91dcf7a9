import type { Feature, Model, Prediction, Row } from '@trestle/model';
import { shapley, type Worth } from '@trestle/statistics';
import { servingError } from '../serving-error.ts';

/** Rows that stand for what is usual: each explained row is asked with the values of each of them. */
const MAX_BACKGROUND = 50;
/** Rows that a model is asked at once. */
const ROWS_AT_ONCE = 2_000;

export interface Attribution {
  readonly feature: string;
  readonly value: unknown;
  readonly contribution: number;
  /** Of a sampled contribution. */
  readonly standardError?: number;
}

export interface Explanation {
  /** Sum to the prediction minus the base, the greatest first. */
  readonly attributions: readonly Attribution[];
  /** The mean of the background. */
  readonly base: number;
  readonly prediction: number;
  /** Of several classes the one of which the probability is told. */
  readonly class?: string;
}

/** What is asked of a model, wherever it runs. */
export type Predict = (rows: readonly Row[]) => Promise<readonly Prediction[]>;

/** The number that is explained: a value, or the probability of the positive class, or of the one that the row is said to be. */
function numberOf(prediction: Prediction, wanted: string | undefined): number {
  const { value, probability, probabilities } = prediction;
  const number =
    wanted !== undefined && typeof probabilities === 'object' && probabilities !== null
      ? Object.entries(probabilities).find(([name]) => name === wanted)?.[1]
      : (value ?? probability);
  if (typeof number === 'number') return number;
  throw servingError('NOT_EXPLAINED', {
    kind: 'unsupported',
    message: 'The model answers neither a number nor probabilities of classes, which are what is explained.',
    hint: 'Register it with its schema, so that Trestle knows what its outputs are.',
  });
}

/** @throws TRS_SERVING_NOT_EXPLAINED naming a feature that has no values to put in its place */
export function checkExplained(features: readonly Feature[]): void {
  const odd = features.find(({ type }) => type === 'image' || type === 'tensor' || type === 'text');
  if (!odd) return;
  throw servingError('NOT_EXPLAINED', {
    kind: 'unsupported',
    message: `The feature "${odd.name}" is of the type ${odd.type}: what a part of it adds is not told.`,
    hint: 'Models of numbers, times, booleans and categories are explained.',
    details: { feature: odd.name },
  });
}

/** Rows for the background, spread over those at hand. @throws TRS_SERVING_NO_BACKGROUND */
export function backgroundOf(rows: readonly Row[]): readonly Row[] {
  if (rows.length === 0)
    throw servingError('NO_BACKGROUND', {
      kind: 'invalid',
      message: 'The model has no examples with it, and nothing else says what is usual.',
      hint: 'Name a dataset with --background.',
    });
  const step = Math.max(1, rows.length / MAX_BACKGROUND);
  return Array.from(
    { length: Math.min(rows.length, MAX_BACKGROUND) },
    (_, at) => rows[Math.floor(at * step)] ?? {},
  );
}

/** The golden examples without those that try the model's limits: everything missing, categories that nobody has. */
export const usualExamples = ({
  examples,
  metadata,
}: Pick<Model, 'examples' | 'metadata'>): readonly Row[] =>
  metadata && examples.length > 2 ? examples.slice(0, -2) : examples;

/**
 * What each feature adds to what a model says of a row: interventional Shapley values (Lundberg and Lee 2017; Janzing et al. 2020). A
 * coalition is worth the mean answer where its features are the row's, and the others those of each row of the background. Exact
 * of up to eight features, else by drawn orders with a standard error. Takes up to 2^features times the background answers for a row.
 *
 * @throws TRS_SERVING_NOT_EXPLAINED, what the model refuses
 */
export async function explainRow(
  features: readonly Feature[],
  row: Row,
  background: readonly Row[],
  predict: Predict,
): Promise<Explanation> {
  const [said = {}] = await predict([row]);
  const { label, probabilities } = said;
  const isOfSeveral =
    typeof label === 'string' &&
    typeof probabilities === 'object' &&
    probabilities !== null &&
    Object.keys(probabilities).length > 2;
  const wanted = isOfSeveral ? label : undefined;
  const names = features.map(({ name }) => name);
  const worth: Worth = async (coalitions) => {
    const asked = coalitions.flatMap((members) =>
      background.map((usual) =>
        Object.fromEntries(names.map((name, at) => [name, (members[at] ? row : usual)[name] ?? null])),
      ),
    );
    const answers = new Float64Array(coalitions.length);
    for (let from = 0; from < asked.length; from += ROWS_AT_ONCE) {
      const predictions = await predict(asked.slice(from, from + ROWS_AT_ONCE));
      for (const [at, prediction] of predictions.entries()) {
        const coalition = Math.floor((from + at) / background.length);
        answers[coalition] = (answers[coalition] ?? 0) + numberOf(prediction, wanted) / background.length;
      }
    }
    return answers;
  };
  const { values, base, whole, standardErrors } = await shapley(names.length, worth);
  const attributions = names.map((feature, at) => ({
    ...{ feature, value: row[feature] ?? null, contribution: values[at] ?? 0 },
    ...(standardErrors ? { standardError: standardErrors[at] ?? 0 } : {}),
  }));
  return {
    attributions: attributions.toSorted((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution)),
    base,
    prediction: whole,
    ...(wanted === undefined ? {} : { class: wanted }),
  };
}
