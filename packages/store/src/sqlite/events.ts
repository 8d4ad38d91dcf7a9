import { randomUUID } from 'node:crypto';
import type { LogEvent, NewEvent } from '@trestle/kernel';
import type { Selectable, Transaction } from 'kysely';
import { canonicalJson } from '../canonical-json.ts';
import { storeError } from '../store-error.ts';
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

/** An entry as it was appended. @throws TRS_STORE_EVENT_DAMAGED when its payload is not JSON any more */
export const toEvent = ({ request_id, payload, ...row }: Selectable<StoreTables['events']>): LogEvent => ({
  ...row,
  payload: parsePayload(row.seq, payload),
  requestId: request_id,
});

function parsePayload(seq: number, text: string): LogEvent['payload'] {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw storeError('EVENT_DAMAGED', {
      kind: 'failed',
      message: `Event ${seq} of the log is damaged.`,
      hint: 'Run "trestle audit verify", and compare with a backup.',
      details: { seq },
      cause,
    });
  }
}
