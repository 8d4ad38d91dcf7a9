import { createRequire } from 'node:module';
import { type ExecutorModule, executors } from '@trestle/contracts';
import { didYouMean, type Scope } from '@trestle/kernel';
import { servingError } from '../serving-error.ts';

/** The name that leaves the choice to a measurement. */
export const AUTO = 'auto';

/**
 * The executors that a name stands for: that of the name, or for `auto` each that is installed.
 *
 * @throws TRS_SERVING_EXECUTOR_UNKNOWN, TRS_SERVING_EXECUTOR_MISSING when it is not installed, TRS_SERVING_EXECUTOR_TWICE
 */
export function findExecutors(
  scope: Pick<Scope, 'extensions'>,
  wanted: string,
): readonly [ExecutorModule, ...ExecutorModule[]] {
  const all = scope.extensions(executors);
  const names = all.map(({ name }) => name);
  const twice = names.find((name, at) => name === AUTO || names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw servingError('EXECUTOR_TWICE', {
      kind: 'conflict',
      message: `There are two executors "${twice}".`,
      hint: 'Remove the plugin that has one of the two from the configuration.',
    });
  }
  const found = wanted === AUTO ? all.filter(isInstalled) : all.filter(({ name }) => name === wanted);
  const [first, ...others] = found;
  if (!first) {
    throw servingError('EXECUTOR_UNKNOWN', {
      kind: 'invalid',
      message: `There is no executor "${wanted.slice(0, 100)}".${didYouMean(wanted, [AUTO, ...names])}`,
      hint: `Use ${[AUTO, ...names].join(', ')}, or name the plugin that has it in the configuration.`,
      details: { executor: wanted.slice(0, 100), executors: names },
    });
  }
  if (!isInstalled(first)) {
    throw servingError('EXECUTOR_MISSING', {
      kind: 'invalid',
      message: `The executor "${first.name}" needs the package "${first.needs}", which is not installed.`,
      hint: `npm install ${first.needs}, or use another executor: ${names.filter((name) => name !== first.name).join(', ')}.`,
      details: { executor: first.name, package: first.needs ?? '' },
    });
  }
  return [first, ...others];
}

function isInstalled({ module, needs }: ExecutorModule): boolean {
  if (needs === undefined) return true;
  try {
    createRequire(module).resolve(needs);
    return true;
  } catch {
    return false;
  }
}
