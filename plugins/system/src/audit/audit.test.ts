import { generateKeyPairSync, verify } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { journalToken, systemPrincipal } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostAt, type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';
import { auditCheckpoint } from './audit-checkpoint.ts';
import { auditExport } from './audit-export.ts';
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

describe('a signed checkpoint', () => {
  let t: TemporaryHost;
  const keys = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const paths = (name: string) => join(t.dir, name);
  const append = async (n: number) => {
    const journal = await t.host.service(journalToken);
    await journal.append(actor, { type: 'thing.made', subject: `thing:${n}`, payload: { n } });
  };
  const sign = async (host = t.host) =>
    await host.run(
      auditCheckpoint,
      { key: paths('audit.key'), out: paths('signed.txt') },
      { surface: 'cli' },
    );
  const verdict = async (more: Record<string, unknown> = {}, host = t.host) =>
    await host.run(
      auditVerify,
      { checkpoint: paths('signed.txt'), key: paths('audit.pub'), ...more },
      { surface: 'cli' },
    );
  beforeEach(async () => {
    t = await temporaryHost();
    await writeFile(paths('audit.key'), keys.privateKey);
    await writeFile(paths('audit.pub'), keys.publicKey);
    for (const n of [1, 2, 3]) await append(n);
  });
  afterEach(() => t.remove());

  it('holds for the log that goes on', async () => {
    const { size, origin } = await sign();
    expect(size).toBe(3);
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size, origin, matches: true } });
    for (const n of [4, 5, 6]) await append(n);
    expect(await verdict()).toMatchObject({ ok: true, checkpoint: { size, matches: true } });
  });

  it('is a note with one Ed25519 signature over what it says', async () => {
    const { checkpoint } = await sign();
    const [text, signature] = checkpoint.split('\n\n');
    expect(text).toMatch(/^trestle\/[0-9a-f]{16}\n3\n[A-Za-z0-9+/]{43}=$/);
    const bytes = Buffer.from(signature?.split(' ')[2] ?? '', 'base64');
    expect(bytes.length).toBe(68);
    expect(verify(null, Buffer.from(`${text}\n`), keys.publicKey, bytes.subarray(4))).toBe(true);
  });

  it('shows that the end was cut off, or all of it written anew, though the chain fits', async () => {
    for (const n of [4, 5]) await append(n);
    await sign();
    await t.host.close();
    const database = new DatabaseSync(join(t.dir, '.trestle', 'metadata.sqlite'));
    database.exec('DROP TRIGGER events_no_delete; DELETE FROM events WHERE seq > 4');
    const last = database.prepare('SELECT seq, hash, time FROM events WHERE seq = 4').get() ?? {};
    database
      .prepare('UPDATE log_head SET seq = ?, hash = ?, time = ?')
      .run(Number(last.seq), String(last.hash), String(last.time));
    database.close();
    const host = await hostAt(t.dir);
    expect(await host.run(auditVerify, {})).toMatchObject({ ok: true, events: 4 });
    const cut = await verdict({}, host);
    await host.close();
    expect(cut).toMatchObject({ ok: false, checkpoint: { matches: false } });
    expect(auditVerify.verdict?.(cut)).toBe(false);

    const other = await temporaryHost();
    const journal = await other.host.service(journalToken);
    for (let n = 0; n < 9; n++)
      await journal.append(actor, { type: 'thing.made', subject: `thing:${n}`, payload: { n } });
    const files = { checkpoint: paths('signed.txt'), key: paths('audit.pub') };
    expect(await other.host.run(auditVerify, files, { surface: 'cli' })).toMatchObject({
      ok: false,
      checkpoint: { matches: false },
    });
    await other.remove();
  });

  it.each<[string, (note: string) => string, string]>([
    ['another size', (note) => note.replace('\n5\n', '\n4\n').replace('\n3\n', '\n2\n'), 'CHECKPOINT_KEY'],
    ['another origin', (note) => note.replaceAll('trestle/', 'trestlf/'), 'CHECKPOINT_KEY'],
    ['no signature', (note) => `${note.split('\n\n')[0]}\n\n`, 'CHECKPOINT_KEY'],
    ['another line', (note) => note.replace('\n\n', '\nmore\n\n'), 'CHECKPOINT_KEY'],
    ['a root that is none', (note) => note.replace(/=\n\n/, '\n\n'), 'CHECKPOINT'],
    ['nothing', () => '', 'CHECKPOINT'],
  ])('is refused with %s', async (_, change, code) => {
    const { checkpoint } = await sign();
    await writeFile(paths('signed.txt'), change(checkpoint));
    await expect(verdict()).rejects.toMatchObject({ code: `TRS_SYSTEM_${code}` });
  });

  it('is refused with another key, with one that is none, and alone', async () => {
    await sign();
    await writeFile(
      paths('other.pub'),
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }),
    );
    await expect(verdict({ key: paths('other.pub') })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_CHECKPOINT_KEY',
    });
    await writeFile(
      paths('rsa.pub'),
      generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }),
    );
    for (const key of ['rsa.pub', 'signed.txt'])
      await expect(verdict({ key: paths(key) })).rejects.toMatchObject({ code: 'TRS_SYSTEM_KEY' });
    await expect(verdict({ key: undefined })).rejects.toMatchObject({ code: 'TRS_SYSTEM_CHECKPOINT_ALONE' });
  });

  it('is not made of a log that is broken', async () => {
    await t.host.close();
    const database = new DatabaseSync(join(t.dir, '.trestle', 'metadata.sqlite'));
    database.exec(`DROP TRIGGER events_no_update; UPDATE events SET actor = 'eve' WHERE seq = 2`);
    database.close();
    const host = await hostAt(t.dir);
    await expect(sign(host)).rejects.toMatchObject({ code: 'TRS_SYSTEM_LOG_BROKEN' });
    await host.close();
  });
});

describe('the log in a file', () => {
  it('has every entry as a line, and is not written over', async () => {
    const t = await temporaryHost();
    const journal = await t.host.service(journalToken);
    for (let n = 0; n < 1_050; n++)
      await journal.append(actor, {
        type: 'thing.made',
        subject: `thing:${n}`,
        payload: { b: n, a: ['ü', null] },
      });
    const out = join(t.dir, 'audit.jsonl');
    const { events, head } = await t.host.run(auditExport, { out }, { surface: 'cli' });
    expect(events).toBe(1_050);
    const lines = (await readFile(out, 'utf8')).split('\n');
    expect(lines).toHaveLength(1_051);
    expect(JSON.parse(lines[1_049] ?? '')).toMatchObject({ seq: 1_050, hash: head, payload: { b: 1_049 } });
    await expect(t.host.run(auditExport, { out }, { surface: 'cli' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_FILE_IS_THERE',
    });
    await expect(t.host.run(auditExport, { out: 'x.jsonl' }, { surface: 'http' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_LOCAL_ONLY',
    });
    await t.remove();
  });
});
