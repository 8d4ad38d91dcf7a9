import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenStore, openStore } from './open-store.test.setup.ts';

const actor = { principal: { id: 'local:ada' }, operation: 'test', requestId: 'r' };
const EVENTS = 8;

const COLUMNS = [
  'id',
  'type',
  'subject',
  'payload',
  'actor',
  'operation',
  'request_id',
  'time',
  'hash',
] as const;
const position = fc.integer({ min: 1, max: EVENTS });
const tampering = fc.oneof(
  fc.record({ kind: fc.constant('edit' as const), seq: position, column: fc.constantFrom(...COLUMNS) }),
  fc.record({ kind: fc.constant('delete' as const), seq: position }),
  fc.record({ kind: fc.constant('swap' as const), seq: position, other: position }),
);

/** Changes the log behind the store's back; false when nothing is different afterwards. */
function tamper(
  database: DatabaseSync,
  how: typeof tampering extends fc.Arbitrary<infer T> ? T : never,
): boolean {
  if (how.kind === 'delete') {
    database.exec(`DELETE FROM events WHERE seq = ${how.seq}`);
    return true;
  }
  if (how.kind === 'edit') {
    database.exec(`UPDATE events SET ${how.column} = ${how.column} || 'x' WHERE seq = ${how.seq}`);
    return true;
  }
  if (how.seq === how.other) return false;
  database.exec(`UPDATE events SET seq = -1 WHERE seq = ${how.seq};
    UPDATE events SET seq = ${how.seq} WHERE seq = ${how.other};
    UPDATE events SET seq = ${how.other} WHERE seq = -1`);
  return true;
}

describe('the chain of events', () => {
  let dir: string;
  let store: OpenStore;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-chain-'));
    store = await openStore(dir);
  });
  afterEach(async () => {
    await store.database.close();
    await rm(dir, { recursive: true });
  });

  it('shows any edit, deletion and reordering, and where it begins', async () => {
    const { journal } = store;
    for (let n = 0; n < EVENTS; n++) {
      await journal.append(actor, { type: 'a.b', subject: `s:${n}`, payload: { n } });
    }
    const raw = new DatabaseSync(join(dir, 'metadata.sqlite'));
    raw.exec(
      'DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete; CREATE TABLE good AS SELECT * FROM events',
    );
    await fc.assert(
      fc.asyncProperty(tampering, async (how) => {
        const isChanged = tamper(raw, how);
        const verdict = await journal.verify();
        const first = how.kind === 'swap' ? Math.min(how.seq, how.other) : how.seq;
        raw.exec('DELETE FROM events; INSERT INTO events SELECT * FROM good');
        expect(verdict.ok).toBe(!isChanged);
        expect(verdict.firstBad).toBe(isChanged ? first : undefined);
      }),
      { numRuns: 60 },
    );
    raw.close();
    expect(await journal.verify()).toMatchObject({ ok: true, events: EVENTS });
  });

  it('shows a log that was replaced as a whole, by the head that is kept beside it', async () => {
    const { journal } = store;
    for (let n = 0; n < 3; n++) await journal.append(actor, { type: 'a.b', subject: 's:1', payload: { n } });
    const raw = new DatabaseSync(join(dir, 'metadata.sqlite'));
    raw.exec('DROP TRIGGER events_no_delete; DELETE FROM events');
    raw.close();
    expect(await journal.verify()).toMatchObject({ ok: false, events: 0, firstBad: 1 });
  });
});
