import type { OnnxModel } from '../format/model.ts';
import { dropUnused, skipIdentities } from './drop-unused.ts';
import { foldBatchNorm } from './fold-batch-norm.ts';
import { mergeDuplicates } from './merge-duplicates.ts';
import { type Rule, viewOf } from './rule.ts';

/** In this order: one makes room for the next. */
export const RULES: readonly Rule[] = [skipIdentities, mergeDuplicates, foldBatchNorm, dropUnused];

/** Operators of integers and what brings numbers to them: models without any do not pay for the rules about them. */
const OF_INTEGERS = new Set(['DequantizeLinear', 'MatMulInteger']);

/** What runs here: also rules whose operators are faster here, and that a file for others does not keep. */
export async function runRules({ graph }: OnnxModel): Promise<readonly Rule[]> {
  if (!graph.nodes.some(({ operator }) => OF_INTEGERS.has(operator))) return RULES;
  const { INTEGER_RULES } = await import('./integer-products.ts');
  return [...RULES, ...INTEGER_RULES, dropUnused];
}

export interface Rewritten {
  readonly model: OnnxModel;
  /** How often each rule has hit, by its name. */
  readonly hits: Readonly<Record<string, number>>;
}

/** Applies all rules to a model's graph. Its inputs and outputs stay what they are, and so do its answers. */
export function rewrite(given: OnnxModel, rules: readonly Rule[] = RULES): Rewritten {
  let model = given;
  const hits: Record<string, number> = {};
  for (const { name, apply } of rules) {
    const found = apply(viewOf(model));
    if (!found) continue;
    model = { ...model, graph: found.graph, opsets: withSets(model.opsets, found.opsets) };
    hits[name] = (hits[name] ?? 0) + found.hits;
  }
  return { model, hits };
}

const withSets = (given: OnnxModel['opsets'], more: OnnxModel['opsets'] = []): OnnxModel['opsets'] => [
  ...given,
  ...more.filter(({ domain }) => given.every((one) => one.domain !== domain)),
];
