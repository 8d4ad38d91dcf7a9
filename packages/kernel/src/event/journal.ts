import type { Fence, LeaseHold } from '../job/job-store.ts';
import { token } from '../plugin/token.ts';

/** One entry of the append-only, hash-chained log. */
export interface LogEvent {
  /** Position in the log, from 1, without holes. */
  readonly seq: number;
  readonly id: string;
  /** `subject.verb-in-past-tense`: `dataset.added`, `model.promoted`. */
  readonly type: string;
  /** What it is about, as a reference: `model:strikes@3`. */
  readonly subject: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The principal's id. */
  readonly actor: string;
  readonly operation: string;
  readonly requestId: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** SHA-256 over the previous entry's hash and this entry's canonical JSON. */
  readonly hash: string;
  /** Why the entry cannot be read: then nothing is known of its payload, and `verify` says where the log is broken. */
  readonly unreadable?: string | undefined;
}

/** What a change tells of itself; the journal adds the rest. */
export type NewEvent = Pick<LogEvent, 'type' | 'subject' | 'payload'>;

export interface JournalQuery {
  readonly after?: number | undefined;
  readonly limit?: number | undefined;
  readonly types?: readonly string[] | undefined;
  readonly subject?: string | undefined;
  /** Newest first. */
  readonly newest?: boolean | undefined;
}

/** The log, as the kernel needs it. A store implements it; changes append to it inside their own transaction. */
export interface Journal {
  append(
    actor: {
      readonly principal: { readonly id: string };
      readonly operation: string;
      readonly requestId: string;
      readonly fence?: Fence | undefined;
    },
    event: NewEvent,
  ): Promise<LogEvent>;
  read(query: JournalQuery): Promise<readonly LogEvent[]>;
  /**
   * Calls `listener` soon after entries were appended, by this process or another one; more often does no harm. What was
   * appended before is not told of.
   *
   * @returns ends it
   */
  watch(listener: () => void): () => void;
  /**
   * Recomputes the chain from the start; `firstBad` is the first entry that does not fit.
   *
   * @param each is told the hash of every entry that fits, in order: what is made of them is made of what was proved
   */
  verify(each?: (hash: string) => void): Promise<{
    readonly ok: boolean;
    readonly events: number;
    readonly head: string;
    readonly firstBad?: number;
  }>;
  /** How far a subscriber has come. */
  cursor(subscriber: string): Promise<number>;
  /** Moves it; does nothing (returns false) when the hold under which it was read has ended. */
  setCursor(subscriber: string, seq: number, hold?: LeaseHold): Promise<boolean>;
}

export const journalToken = token<Journal>('kernel.journal');
