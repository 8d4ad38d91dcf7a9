import type { Journal, LogEvent } from '@trestle/kernel';
import { systemError } from '../system-error.ts';

const PAGE = 1_000;

/** All entries of the log, the oldest first. @throws TRS_SYSTEM_ENTRY_UNREADABLE */
export async function* entriesOf(journal: Journal, signal: AbortSignal): AsyncGenerator<LogEvent> {
  for (let after = 0; ; ) {
    signal.throwIfAborted();
    const page = await journal.read({ after, limit: PAGE });
    for (const entry of page) {
      if (entry.unreadable !== undefined) throw unreadable(entry);
      yield entry;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.seq;
  }
}

const unreadable = ({ seq, unreadable: why }: LogEvent) =>
  systemError('ENTRY_UNREADABLE', {
    kind: 'failed',
    message: `Event ${seq} cannot be read: ${why}.`,
    hint: 'Run "trestle audit verify", and bring the log back from a backup.',
    details: { seq },
  });

/** What a log is called, by the hash of its first entry. */
export const originOf = (hash: string): string => `trestle/${hash.slice(0, 16)}`;
