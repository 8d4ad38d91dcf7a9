import type { ModelFacts } from '../model-facts.ts';

type Output = Readonly<Record<string, unknown>>;

/** The probability of each class in the order of `facts.classes`; undefined when the answer does not hold them. */
export function probabilitiesOf(facts: ModelFacts, output: Output): number[] | undefined {
  const { probabilities } = output;
  if (typeof probabilities !== 'object' || probabilities === null || facts.classes.length === 0)
    return undefined;
  const byClass = new Map<string, unknown>(Object.entries(probabilities));
  const values = facts.classes.map((name) => byClass.get(name));
  return values.every((value) => typeof value === 'number') ? values : undefined;
}

/**
 * The one number that stands for a prediction when scores are compared: the probability of the last (positive) class of
 * two, the probability of the predicted class of several, the predicted value of a regression.
 */
export function scoreOf(facts: ModelFacts, output: Output): number | undefined {
  if (facts.task === 'regression') return numberOf(output.value);
  const probabilities = probabilitiesOf(facts, output);
  if (!probabilities) return undefined;
  return facts.classes.length === 2 ? probabilities[1] : Math.max(...probabilities);
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
