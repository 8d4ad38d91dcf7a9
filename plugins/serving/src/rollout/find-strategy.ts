import { type RolloutPlan, type RolloutStrategy, rolloutStrategies } from '@trestle/contracts';
import { didYouMean, firstIssue, issueWords, type Scope } from '@trestle/kernel';
import { servingError } from '../serving-error.ts';

/** The strategy of a name, ours or a plugin's. @throws TRS_SERVING_STRATEGY_UNKNOWN */
export function findStrategy(scope: Pick<Scope, 'extensions'>, name: string): RolloutStrategy {
  const known = scope.extensions(rolloutStrategies);
  const found = known.find((strategy) => strategy.name === name);
  if (found) return found;
  const names = known.map((strategy) => strategy.name);
  throw servingError('STRATEGY_UNKNOWN', {
    kind: 'invalid',
    message: `There is no rollout strategy "${name.slice(0, 100)}".${didYouMean(name, names)}`,
    hint: `There are: ${known.map(({ name, summary }) => `${name} (${summary})`).join(' ')}`,
    details: { strategy: name.slice(0, 100) },
  });
}

/**
 * What a strategy does with these options.
 *
 * @throws TRS_SERVING_STRATEGY_OPTION for one that the strategy does not take, or not so
 */
export function planRollout(
  strategy: RolloutStrategy,
  given: Readonly<Record<string, unknown>>,
): RolloutPlan {
  const checked = strategy.options.safeParse(given, { error: issueWords });
  if (checked.success) return strategy.plan(checked.data);
  const { field, reason } = firstIssue(checked.error);
  const names = Object.keys(strategy.options.shape);
  throw servingError('STRATEGY_OPTION', {
    kind: 'invalid',
    message: `The strategy "${strategy.name}" cannot be used so: ${field === '' ? '' : `"${field}": `}${reason}.`,
    hint:
      names.length === 0
        ? `"${strategy.name}" has no options.`
        : `Its options: ${names.join(', ')}. --options takes those without a flag of their own, as JSON.`,
    details: { strategy: strategy.name, option: field },
  });
}
