import { type Context, type Journal, journalToken } from '@trestle/kernel';
import type { AuditVerdict } from './audit-verify.ts';

const BATCH = 1_000;

export async function verifyLog(
  ctx: Context,
  input: { readonly head?: string | undefined },
): Promise<AuditVerdict> {
  const journal = await ctx.service(journalToken);
  const verdict = await journal.verify();
  if (input.head === undefined || !verdict.ok) return verdict;
  const headAt = await positionOf(journal, input.head);
  return { ...verdict, ok: headAt !== undefined, headAt: headAt ?? null };
}

/** Where in the log an entry with this hash stands. */
async function positionOf(journal: Journal, hash: string): Promise<number | undefined> {
  let after = 0;
  for (;;) {
    const events = await journal.read({ after, limit: BATCH });
    const found = events.find((event) => event.hash === hash);
    if (found) return found.seq;
    const last = events.at(-1);
    if (!last) return undefined;
    after = last.seq;
  }
}
