import { z } from 'zod';
import { defineEvent } from './event-kind.ts';

const failure = z.object({ code: z.string() });

/** A call of a command or job that did what it was asked; secrets of its input are hidden. */
export const operationSucceeded = defineEvent(
  'operation.succeeded',
  z.object({ input: z.unknown(), durationMs: z.number() }),
);
/** A call of a command or job that failed, with the error's code. */
export const operationFailed = defineEvent('operation.failed', failure);
/** A call whose caller lacked the permission. */
export const operationDenied = defineEvent('operation.denied', failure);
