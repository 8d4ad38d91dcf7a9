import type { Journal } from '@trestle/kernel';
import { canonicalJson } from '@trestle/store';
import { entriesOf } from './entries.ts';

const BATCH = 1_000;

/** Some entries of the log, a line of canonical JSON each. */
export interface LogLines {
  readonly text: string;
  readonly events: number;
  /** The hash of the last. */
  readonly head: string;
}

/** The whole log as an export has it, the oldest entries first. @throws TRS_SYSTEM_ENTRY_UNREADABLE */
export async function* linesOf(journal: Journal, signal: AbortSignal): AsyncGenerator<LogLines> {
  let [text, events, head] = ['', 0, ''];
  for await (const entry of entriesOf(journal, signal)) {
    text += `${canonicalJson(entry)}\n`;
    head = entry.hash;
    if (++events < BATCH) continue;
    yield { text, events, head };
    [text, events] = ['', 0];
  }
  if (events > 0) yield { text, events, head };
}
