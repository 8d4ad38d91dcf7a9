import type { ExecutorModule } from '@trestle/contracts';
import { invariant, type Scope } from '@trestle/kernel';
import { type ExecutorChoice, writeChoice } from './executor-choice.ts';
import { findExecutors } from './find-executors.ts';
import { fastest, type Measured } from './measure-executors.ts';

/** Tries executors on a model's golden examples, in a thread that runs models. */
type Measure = (
  executor: ExecutorModule,
  candidates: readonly ExecutorModule[],
) => Promise<readonly Measured[]>;

/**
 * Where a model's graph runs: what is wanted, or of `auto` the fastest that agrees with the golden examples.
 *
 * @throws TRS_SERVING_EXECUTOR_UNKNOWN, TRS_SERVING_EXECUTOR_MISSING
 */
export async function chooseExecutor(
  scope: Scope,
  digest: string,
  wanted: string,
  measure: Measure,
): Promise<{ readonly executor: ExecutorModule; readonly choice: ExecutorChoice }> {
  const candidates = findExecutors(scope, wanted);
  const [first, ...others] = candidates;
  if (others.length === 0) {
    scope.log.debug(`the model ${digest.slice(0, 12)} runs on ${first.name}`, { wanted });
    return { executor: first, choice: { digest, wanted, executor: first.name, measured: [] } };
  }
  const measured = await measure(first, candidates);
  const name = fastest(measured);
  const choice = { digest, wanted, executor: name, measured };
  scope.log.debug(`the model ${digest.slice(0, 12)} runs on ${name}`, {
    wanted,
    measured: measured.map(({ executor, detail }) => `${executor}: ${detail}`).join('; '),
  });
  // Whoever asked does not wait for it.
  writeChoice(scope, choice).catch((cause: unknown) => {
    scope.log.warn('where a model runs could not be written down', { cause: String(cause) });
  });
  const executor = candidates.find((one) => one.name === name);
  return { executor: invariant(executor, `the executor ${name}`), choice };
}
