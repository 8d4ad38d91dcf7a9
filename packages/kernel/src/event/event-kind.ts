import type { z } from 'zod';
import type { LogEvent, NewEvent } from './journal.ts';

/** A kind of event of the catalogue: its type and what an event of it tells. */
export interface EventKind<Type extends string = string, P extends z.ZodObject = z.ZodObject> {
  /** `subject.verb-in-past-tense`: `model.promoted`. */
  readonly type: Type;
  readonly payload: P;
}

/**
 * Defines a kind of event. What is added to its payload later is optional: the log keeps what older versions recorded.
 *
 * @example
 * const modelPromoted = defineEvent('model.promoted', z.object({ name: z.string(), version: z.number().int() }));
 */
export const defineEvent = <const Type extends string, P extends z.ZodObject>(
  type: Type,
  payload: P,
): EventKind<Type, P> => ({ type, payload });

/** What a change tells when it records an event of a kind. */
export type PayloadOf<Kind extends EventKind> = z.input<Kind['payload']>;

/** An event of the log whose kind is known; of several kinds, one of them by its `type`. */
export type EventOf<Kind extends EventKind> =
  Kind extends EventKind<infer Type, infer P>
    ? Omit<LogEvent, 'type' | 'payload'> & { readonly type: Type; readonly payload: z.output<P> }
    : never;

/** An event of a kind about a subject (`model:strikes@3`), as a journal appends it. */
export const newEvent = <Kind extends EventKind>(
  kind: Kind,
  subject: string,
  payload: PayloadOf<Kind>,
): NewEvent => ({ type: kind.type, subject, payload });
