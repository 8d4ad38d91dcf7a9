import { randomUUID } from 'node:crypto';
import type { LogEvent, NewEvent } from '@trestle/kernel';
import type { Selectable, Transaction } from 'kysely';
import { z } from 'zod';
import { canonicalJson } from '../canonical-json.ts';
import { readStored } from '../read-stored.ts';
import { chainHash, GENESIS } from './event-chain.ts';
import type { StoreTables } from './tables.ts';

/** Who an event tells of. */
export interface EventActor {
  readonly principal: { readonly id: string };
  readonly operation: string;
  readonly requestId: string;
}

/** Appends to the log inside a transaction, behind whatever is its head now. */
export async function appendEvent(
  db: Transaction<StoreTables>,
  actor: EventActor,
  event: NewEvent,
): Promise<LogEvent> {
  const head = await db.selectFrom('log_head').select(['seq', 'hash']).executeTakeFirst();
  const payload = canonicalJson(event.payload);
  const entry = {
    seq: (head?.seq ?? 0) + 1,
    id: randomUUID(),
    type: event.type,
    subject: event.subject,
    // As it will be read back: what JSON cannot hold is gone before it is hashed.
    payload: JSON.parse(payload),
    actor: actor.principal.id,
    operation: actor.operation,
    requestId: actor.requestId,
    time: new Date().toISOString(),
  };
  const hash = chainHash(head?.hash ?? GENESIS, entry);
  const { requestId, ...columns } = entry;
  await db
    .insertInto('events')
    .values({ ...columns, payload, request_id: requestId, hash })
    .execute();
  await db
    .insertInto('log_head')
    .values({ id: 1, seq: entry.seq, hash })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ seq: entry.seq, hash }))
    .execute();
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
