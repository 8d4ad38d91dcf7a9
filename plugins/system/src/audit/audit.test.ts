import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { journalToken, systemPrincipal } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { auditLog } from './audit-log.ts';
import { auditVerify } from './audit-verify.ts';

const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };

describe('the audit log', () => {
  let t: TemporaryHost;
  beforeEach(async () => {
    t = await temporaryHost();
    const journal = await t.host.service(journalToken);
    for (const n of [1, 2, 3, 4]) {
      await journal.append(actor, {
        type: n % 2 ? 'odd.made' : 'even.made',
        subject: `thing:${n}`,
        payload: { n },
      });
    }
  });
  afterEach(() => t.remove());

  const seqs = async (input: Parameters<typeof t.host.runById>[1]) =>
    auditLog.output.parse(await t.host.runById('audit.log', input)).events.map(({ seq }) => seq);

  it('is shown newest first, in part, by type and by subject', async () => {
    expect(await seqs({})).toEqual([4, 3, 2, 1]);
    expect(await seqs({ limit: 2 })).toEqual([4, 3]);
    expect(await seqs({ after: 3 })).toEqual([4]);
    expect(await seqs({ type: ['odd.made'] })).toEqual([3, 1]);
    expect(await seqs({ subject: 'thing:2' })).toEqual([2]);
  });

  it.each<[string, object, RegExp]>([
    [
      'a type that no event has',
      { type: ['odd.made', 'model.promotd'] },
      /"model\.promotd"\. Did you mean "model\.promoted"/,
    ],
    ['something that nothing was told of', { subject: 'thing:5' }, /"thing:5"\. Did you mean "thing:4"/],
  ])('refuses %s, instead of showing nothing', async (_, input, message) => {
    await expect(seqs(input)).rejects.toMatchObject({
      code: 'TRS_SYSTEM_UNKNOWN_EVENT',
      kind: 'not-found',
      message: expect.stringMatching(message),
    });
    expect(await seqs({ type: ['model.promoted'] })).toEqual([]);
  });

  it('is whole', async () => {
    const output = await t.host.run(auditVerify, {});
    expect(output).toMatchObject({ ok: true, events: 4, head: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(auditVerify.verdict?.(output)).toBe(true);
  });

  it('still has a head that was noted earlier', async () => {
    const noted = (await t.host.run(auditVerify, {})).head;
    await (await t.host.service(journalToken)).append(actor, { type: 'a.b', subject: 'c:d', payload: {} });
    expect(await t.host.run(auditVerify, { head: noted })).toMatchObject({ ok: true, headAt: 4 });
    const other = await t.host.run(auditVerify, { head: '0'.repeat(64) });
    expect(other).toMatchObject({ ok: false, headAt: null });
    expect(auditVerify.verdict?.(other)).toBe(false);
  });

  it.each([
    ['is cut off', '{"n":'],
    ['is no object', '3'],
    ['is no text', ''],
  ])('shows an entry whose payload %s as unreadable, and the others', async (_, payload) => {
    const raw = new DatabaseSync(join(t.dir, '.trestle', 'metadata.sqlite'));
    raw.exec(`DROP TRIGGER events_no_update; UPDATE events SET payload = '${payload}' WHERE seq = 3`);
    raw.close();
    const { events } = auditLog.output.parse(await t.host.runById('audit.log', {}));
    expect(events.map(({ seq, unreadable }) => [seq, unreadable !== undefined])).toEqual([
      [4, false],
      [3, true],
      [2, false],
      [1, false],
    ]);
    expect(auditLog.present?.({ events }).at(-1)).toMatchObject({
      tone: 'bad',
      text: expect.stringContaining('Event 3 cannot be read'),
    });
    expect(await t.host.run(auditVerify, {})).toMatchObject({ ok: false, firstBad: 3 });
  });

  it('says no when it was edited, and where', async () => {
    const raw = new DatabaseSync(join(t.dir, '.trestle', 'metadata.sqlite'));
    raw.exec("DROP TRIGGER events_no_update; UPDATE events SET actor = 'nobody' WHERE seq = 3");
    raw.close();
    const output = await t.host.run(auditVerify, {});
    expect(output).toMatchObject({ ok: false, events: 2, firstBad: 3 });
    expect(auditVerify.verdict?.(output)).toBe(false);
    expect(auditVerify.present?.(output)[0]).toMatchObject({
      tone: 'bad',
      text: expect.stringContaining('event 3'),
    });
  });
});
