import { NnError } from './nn-error.ts';

/**
 * A value that must be there: its absence is a mistake of this package, and stops here, instead of being computed with as
 * something else.
 *
 * @throws TRS_NN_INVARIANT
 */
export function invariant<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new NnError(
    'INVARIANT',
    `${what} is missing.`,
    'This is a mistake of @trestle/nn, not of your program; please report it.',
  );
}
