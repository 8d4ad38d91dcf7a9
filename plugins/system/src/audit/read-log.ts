import { type Context, journalToken } from '@trestle/kernel';
import type { AuditLogInput, AuditLogOutput } from './audit-log.ts';

export async function readLog(ctx: Context, input: AuditLogInput): Promise<AuditLogOutput> {
  const journal = await ctx.service(journalToken);
  const { limit, after, type, subject } = input;
  return { events: [...(await journal.read({ limit, after, types: type, subject, newest: true }))] };
}
