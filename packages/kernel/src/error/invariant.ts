import { errorFactory } from './trestle-error.ts';

const kernelError = errorFactory('KERNEL');

/**
 * Gives a value that must be there: its absence is a defect of the program, and stops here, instead of being computed with as
 * something else.
 *
 * @throws TRS_KERNEL_INVARIANT
 */
export function invariant<T>(value: T | null | undefined, what: string): T {
  if (value !== null && value !== undefined) return value;
  throw kernelError('INVARIANT', {
    kind: 'failed',
    message: `${what} is missing.`,
    hint: 'This is a defect of Trestle or of a plugin, not of your data; please report it.',
  });
}
