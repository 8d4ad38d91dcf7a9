import { createHash, randomUUID } from 'node:crypto';
import { invariant, type LogEvent, type NewEvent } from '@trestle/kernel';
import type { Selectable, Transaction } from 'kysely';
import { z } from 'zod';
import { canonicalJson } from '../canonical-json.ts';
import type { StoreClock } from '../interface/metadata.ts';
import { readStored } from '../read-stored.ts';
import type { StoreTables } from './tables.ts';

/** What stands before the first entry. */
export const GENESIS = '0'.repeat(64);

/** The hash of an entry: over the entry before it and its own content, so that no entry can change, go or move unseen. */
export function chainHash(previous: string, event: Omit<LogEvent, 'hash'>): string {
  return createHash('sha256').update(previous).update(canonicalJson(event)).digest('hex');
}

/** Who an event tells of. */
export interface EventActor {
  readonly principal: { readonly id: string };
  readonly operation: string;
  readonly requestId: string;
}

/** Appends to the log inside a transaction, behind whatever is its head now. */
export async function appendEvent(
  db: Transaction<StoreTables>,
  clock: StoreClock,
  actor: EventActor,
  event: NewEvent,
): Promise<LogEvent> {
  const head = invariant(
    await db
      .selectFrom('log_head')
      .select(['seq', 'hash', 'time', clock.iso.as('now')])
      .executeTakeFirst(),
    'the head of the log',
  );
  const payload = canonicalJson(event.payload);
  // A clock that was set back does not turn the order of the log.
  const isSetBack = head.now < head.time;
  const entry = {
    seq: head.seq + 1,
    id: randomUUID(),
    type: event.type,
    subject: event.subject,
    // As it will be read back: what JSON cannot hold is gone before it is hashed.
    payload: JSON.parse(payload),
    actor: actor.principal.id,
    operation: actor.operation,
    requestId: actor.requestId,
    time: isSetBack ? head.time : head.now,
  };
  const hash = chainHash(head.hash, entry);
  const { requestId, ...columns } = entry;
  await db
    .insertInto('events')
    .values({ ...columns, payload, request_id: requestId, hash })
    .execute();
  await db.updateTable('log_head').set({ seq: entry.seq, hash, time: entry.time }).execute();
  return { ...entry, hash };
}

/** An entry as it was appended; one that is damaged is told of as such, and costs no other. */
export function toEvent({ request_id, payload, ...row }: Selectable<StoreTables['events']>): LogEvent {
  const entry = { ...row, requestId: request_id };
  const read = readStored(payloadSchema, payload);
  return read.unreadable === undefined
    ? { ...entry, payload: read.value }
    : { ...entry, payload: {}, unreadable: read.unreadable };
}

const payloadSchema = z.record(z.string(), z.unknown());
