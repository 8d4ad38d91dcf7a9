import { type Tree, treeLeaves } from '../grad/tree.ts';
import { own, release, withScope } from '../graph/scope.ts';
import { refusePromise } from '../graph/tracing.ts';
import { realize } from '../schedule/schedule.ts';

/**
 * Runs a synchronous function, computes what it returns, and gives the memory of everything else that was made in it back at
 * once. Nothing needs this; it bounds memory sharply where much is made in a short time.
 *
 * @throws TRS_CORE_ASYNC when the function is asynchronous
 */
export function scope<R extends Tree>(fn: () => R): R {
  const { result, made } = withScope(() => {
    const value = fn();
    refusePromise(value, 'The function of a scope');
    realize(treeLeaves(value).map((leaf) => leaf.node));
    return value;
  });
  const kept = new Set(treeLeaves(result).map((leaf) => leaf.node));
  for (const node of made) {
    // What goes out belongs to the scope around, if there is one.
    if (kept.has(node)) own(node);
    else release(node, 'the end of its scope');
  }
  return result;
}
