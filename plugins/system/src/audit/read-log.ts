import * as contracts from '@trestle/contracts';
import {
  type Context,
  didYouMean,
  type Journal,
  journalToken,
  operationDenied,
  operationFailed,
  operationSucceeded,
} from '@trestle/kernel';
import { systemError } from '../system-error.ts';
import type { AuditLogInput, AuditLogOutput } from './audit-log.ts';

/** @throws TRS_SYSTEM_UNKNOWN_EVENT for a type or a subject that the log has never told of: an empty list would look like an answer */
export async function readLog(ctx: Context, input: AuditLogInput): Promise<AuditLogOutput> {
  const journal = await ctx.service(journalToken);
  const { limit, after, type, subject } = input;
  for (const one of type ?? []) await checkType(journal, one);
  if (subject !== undefined) await checkSubject(journal, subject);
  return { events: [...(await journal.read({ limit, after, types: type, subject, newest: true }))] };
}

/** Those of our own plugins, which may not have happened yet; what another brings is known once it did. */
const KNOWN_TYPES: readonly string[] = [
  ...Object.values(contracts).flatMap((one) =>
    typeof one === 'object' && 'type' in one && 'payload' in one && typeof one.type === 'string'
      ? [one.type]
      : [],
  ),
  ...[operationSucceeded, operationFailed, operationDenied].map(({ type }) => type),
].sort();

async function checkType(journal: Journal, type: string): Promise<void> {
  if (KNOWN_TYPES.includes(type)) return;
  if ((await journal.read({ types: [type], limit: 1 })).length > 0) return;
  throw systemError('UNKNOWN_EVENT', {
    kind: 'not-found',
    message: `No event is of the type "${type}".${didYouMean(type, KNOWN_TYPES)}`,
    hint: `Types: ${KNOWN_TYPES.join(', ')}.`,
    details: { type },
  });
}

/** Events among which a subject is looked for that was meant. */
const RECENT = 1_000;

async function checkSubject(journal: Journal, subject: string): Promise<void> {
  if ((await journal.read({ subject, limit: 1 })).length > 0) return;
  const recent = await journal.read({ newest: true, limit: RECENT });
  throw systemError('UNKNOWN_EVENT', {
    kind: 'not-found',
    message: `No event is about "${subject}".${didYouMean(subject, new Set(recent.map((event) => event.subject)))}`,
    hint: 'A subject is a kind and a name, such as model:strikes@3 or dataset:strikes@1; "trestle audit log" shows them.',
    details: { subject },
  });
}
