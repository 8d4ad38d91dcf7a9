import { CoreError } from '../core-error.ts';

// Traced functions are synchronous, so this goes up and down like the call stack.
let depth = 0;

/** Whether a transform is calling a function to see what it does. */
export const isTracing = (): boolean => depth > 0;

/** Calls a function as part of a trace. @throws TRS_CORE_ASYNC when it is asynchronous */
export function tracing<T>(fn: () => T): T {
  depth++;
  try {
    const value = fn();
    refusePromise(value, 'A transformed function');
    return value;
  } finally {
    depth--;
  }
}

/** @throws TRS_CORE_ASYNC */
export function refusePromise(value: unknown, what: string): void {
  if (!(value instanceof Promise)) return;
  // Its failure is of no interest any more, and must not end the process.
  value.catch(() => undefined);
  throw new CoreError(
    'ASYNC',
    `${what} returned a promise.`,
    'It must be synchronous: read values with data() and item() outside, behind the call.',
  );
}
