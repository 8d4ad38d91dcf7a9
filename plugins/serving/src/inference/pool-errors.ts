import { TrestleError } from '@trestle/kernel';
import type { Refused } from '../exchange/asked.ts';
import { servingError } from '../serving-error.ts';

const RETRY_AFTER_S = 1;

/** An error of a thread, as it was there. */
export const errorOf = ({ error: { code, ...parts } }: Refused): TrestleError =>
  new TrestleError(code, parts);

export const timedOut = (timeoutMs: number, hasBegun = false, cause?: unknown): TrestleError =>
  servingError('TIMEOUT', {
    kind: 'unavailable',
    message: `The model did not answer within ${timeoutMs} ms.`,
    hint: 'Send fewer rows at once, or give it longer: x-request-timeout, serving.timeoutMs.',
    details: { hasBegun },
    retryAfterS: RETRY_AFTER_S,
    cause,
  });

export function poolError(
  cause: unknown,
  {
    timeoutMs,
    maxQueue,
    hasBegun,
  }: { readonly timeoutMs: number; readonly maxQueue: number; readonly hasBegun: boolean },
  refuse: () => void,
): TrestleError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof Error && cause.name === 'AbortError') return timedOut(timeoutMs, hasBegun, cause);
  if (/queue/i.test(message)) {
    refuse();
    return overloaded(maxQueue);
  }
  return servingError('WORKER_LOST', {
    kind: 'unavailable',
    message: 'The worker that ran the model ended before it answered.',
    hint: 'Try again; another worker has taken its place.',
    details: { hasBegun: true },
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}

export const overloaded = (maxQueue: number) =>
  servingError('OVERLOADED', {
    kind: 'overloaded',
    message: `${maxQueue} requests are waiting already.`,
    hint: 'Try again in a moment. If this goes on, raise serving.workers or run more servers.',
    retryAfterS: RETRY_AFTER_S,
  });
