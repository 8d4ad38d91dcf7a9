import { CoreError } from './core-error.ts';

/**
 * A value that must be there: its absence is a mistake of this package, and stops here, instead of being computed with as
 * something else.
 *
 * @throws TRS_CORE_INVARIANT
 */
export function invariant<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new CoreError(
    'INVARIANT',
    `${what} is missing.`,
    'This is a mistake of @trestle/core, not of your program; please report it.',
  );
}

/** An element that must be there; `what` the list has, for the error. @throws TRS_CORE_INVARIANT */
export const at = <T>(list: readonly T[], index: number, what: string): T =>
  invariant(list[index], `${what} ${index} of ${list.length}`);
