import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { journalToken, systemPrincipal } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type TemporaryProject, temporaryProject } from './temporary-project.ts';

const actor = { principal: systemPrincipal, requestId: 'r', operation: 'test' };
const event = { type: 'thing.changed', subject: 'thing:1', payload: { n: 1 } };

describe('the embedded store, damaged', () => {
  let project: TemporaryProject;
  beforeEach(async () => {
    project = await temporaryProject();
  });
  afterEach(async () => {
    await project.remove();
  });
  const database = () => join(project.dir, '.trestle', 'metadata.sqlite');

  it.each([
    ['an edited entry', 'UPDATE events SET payload = \'{"n":2}\' WHERE seq = 2', 2],
    ['a removed entry', 'DELETE FROM events WHERE seq = 2', 2],
    ['an end that was cut off', 'DELETE FROM events WHERE seq > 2', 3],
    ['a payload that is written otherwise', 'UPDATE events SET payload = \'{"n": 1}\' WHERE seq = 2', 2],
    ['a payload that is no JSON', "UPDATE events SET payload = '{' WHERE seq = 2", 2],
    [
      'two entries changed over',
      'UPDATE events SET seq = -1 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = -1',
      2,
    ],
  ])('finds %s in the log', async (_, sql, firstBad) => {
    const host = await project.open();
    const journal = await host.service(journalToken);
    for (let n = 0; n < 4; n++) await journal.append(actor, event);
    const raw = new DatabaseSync(database());
    expect(() => raw.exec(sql)).toThrow('append-only');
    raw.exec('DROP TRIGGER events_no_update; DROP TRIGGER events_no_delete');
    raw.exec(sql);
    raw.close();
    expect(await journal.verify()).toMatchObject({ ok: false, events: firstBad - 1, firstBad });
  });

  it('names a database that is no database', async () => {
    const host = await project.open();
    await host.service(journalToken);
    await host.close();
    await writeFile(database(), 'this is not a database, whatever its name says'.repeat(100));
    const again = await project.open();
    await expect(again.service(journalToken)).rejects.toMatchObject({ code: 'TRS_STORE_CORRUPT' });
  });

  it('says that the database is locked, after the configured wait', async () => {
    const host = await project.open([], {
      env: { TRESTLE_STORE__LOCK_WAIT_MS: '200', TRESTLE_STORE__RESERVE_BYTES: '0' },
    });
    const journal = await host.service(journalToken);
    const other = new DatabaseSync(database());
    other.exec('BEGIN IMMEDIATE');
    await expect(journal.append(actor, event)).rejects.toMatchObject({ code: 'TRS_STORE_LOCKED' });
    other.exec('ROLLBACK');
    other.close();
    await expect(journal.append(actor, event)).resolves.toMatchObject({ seq: 1 });
  });

  it('refuses a store that a newer version made', async () => {
    const host = await project.open();
    await host.service(journalToken);
    await host.close();
    const raw = new DatabaseSync(database());
    raw.exec("INSERT INTO schema_migrations VALUES ('store-9999-future', '2030-01-01')");
    raw.close();
    await expect((await project.open()).service(journalToken)).rejects.toMatchObject({
      code: 'TRS_STORE_NEWER',
    });
  });

  it('is not begun beside another that the environment names', async () => {
    vi.stubEnv('TRESTLE_STORE', 'postgres://ada:canary-7f3a9@db/ml');
    const opening = (await project.open()).service(journalToken);
    await expect(opening).rejects.toMatchObject({
      code: 'TRS_STORE_ELSEWHERE',
      message: expect.not.stringContaining('canary'),
    });
    vi.unstubAllEnvs();
  });

  it('never serves a blob with a flipped bit', async () => {
    const host = await project.open();
    const blobs = await host.service(blobsToken);
    const { digest } = await blobs.put(new TextEncoder().encode('precious'));
    const path = join(project.dir, '.trestle', 'blobs', digest.slice(0, 2), digest.slice(2));
    await blobs.localPath(digest);
    const content = await readFile(path);
    content[0] = (content[0] ?? 0) ^ 1;
    await chmod(path, 0o644);
    await writeFile(path, content);
    await expect(blobs.read(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
    await expect(blobs.localPath(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
  });

  it('removes what a dead process left, and only that', async () => {
    const host = await project.open();
    await host.service(blobsToken);
    const dir = join(project.dir, '.trestle', 'blobs', 'tmp');
    const machine = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');
    await writeFile(join(dir, 'another-machine~4194304~dead'), 'x');
    await writeFile(join(dir, `${machine}~4194304~dead`), 'x');
    await writeFile(join(dir, `${machine}~${process.pid}~alive`), 'x');
    await (await project.open()).service(blobsToken);
    expect((await readdir(dir)).toSorted()).toEqual(
      ['another-machine~4194304~dead', `${machine}~${process.pid}~alive`].toSorted(),
    );
  });
});
