import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { contribute, type Plugin, plugin } from '@trestle/kernel';
import { type Blobs, blobsToken, type Migration, metadataToken, migrations } from '@trestle/store';
import { databaseToken } from '@trestle/store/adapter';
import { beginBackupFolder, makeBackup } from '@trestle/store/backup';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TemporaryHost, temporaryHost } from '../temporary-host.test.fixture.ts';

interface Shelf {
  things: { name: string; length?: number };
}

const SECRET = 'only-in-the-content-of-this-project';

describe('backups', { timeout: 120_000 }, () => {
  let here: TemporaryHost;
  let outside: string;
  let folder: string;
  const others: TemporaryHost[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: what is looked at is what a caller sees, whatever its type says
  const call = async (operation: string, input: unknown = {}, { host } = here): Promise<any> =>
    await host.runById(operation, input, { surface: 'cli' });
  const blobs = ({ host } = here): Promise<Blobs> => host.service(blobsToken);
  const another = async (...plugins: readonly Plugin[]): Promise<TemporaryHost> => {
    const made = await temporaryHost(plugins);
    others.push(made);
    return made;
  };
  const addToken = (name: string) => call('token.create', { name, scopes: ['*:*'] });
  const files = async (): Promise<string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  beforeEach(async () => {
    here = await temporaryHost();
    outside = await mkdtemp(join(tmpdir(), 'trestle-backup-'));
    folder = join(outside, 'backups');
    for (const name of ['a', 'b']) await addToken(`${name}-${SECRET}`);
    await (await blobs()).put(Buffer.from(`${SECRET} in a blob`));
    await (await blobs()).put(randomBytes(300_000));
  });
  afterEach(async () => {
    for (const one of [here, ...others.splice(0)]) await one.remove();
    await rm(outside, { recursive: true, force: true });
  });

  it('bring a project back as it was at one moment, taken while it is written to', async () => {
    let isOver = false;
    const writing = (async () => {
      for (let n = 0; !isOver; n++) {
        await addToken(`n${n}`);
        await wait(1);
      }
    })();
    const made = await call('backup', { dir: folder }).finally(() => {
      isOver = true;
    });
    await writing;
    const there = await another();
    const restored = await call('restore', { dir: folder }, there);
    expect(restored).toMatchObject({
      snapshot: made.snapshot,
      rows: made.rows,
      blobs: 2,
      head: made.head,
    });
    expect(await call('audit.verify', {}, there)).toMatchObject({ ok: true });
    const names = ({ tokens }: { tokens: { name: string }[] }) => tokens.map(({ name }) => name);
    const [before, after] = [names(await call('token.list')), names(await call('token.list', {}, there))];
    expect(before).toEqual(expect.arrayContaining(after));
    expect(after).toContain(`a-${SECRET}`);
    for await (const { digest } of (await blobs()).list())
      expect(await (await blobs(there)).read(digest)).toEqual(await (await blobs()).read(digest));
  });

  it('write what is new alone, and say of each snapshot whether it is whole', async () => {
    await call('backup', { dir: folder });
    const second = await call('backup', { dir: folder });
    expect(second.written).toMatchObject({ blobs: 0 });
    expect(second.written.bytes).toBeLessThan(20_000);
    const listed = await call('store.backups', { dir: folder, check: true });
    expect(listed.snapshots.map(({ problem }: { problem?: string }) => problem)).toEqual([
      undefined,
      undefined,
    ]);
    // Each file in turn: whatever is damaged or gone is found.
    const intact = new Map<string, Buffer>();
    for (const file of await files()) if (file.includes('pieces')) intact.set(file, await readFile(file));
    expect(intact.size).toBeGreaterThan(5);
    for (const [file, content] of intact) {
      for (const spoil of [
        () => truncate(file, content.length - 1),
        () => rm(file),
        () =>
          writeFile(
            file,
            content.map((byte, at) => (at === content.length >> 1 ? byte ^ 1 : byte)),
          ),
      ]) {
        await spoil();
        const { snapshots } = await call('store.backups', { dir: folder, check: true });
        expect(snapshots.some(({ problem }: { problem?: string }) => problem?.includes(file))).toBe(true);
        await writeFile(file, content);
      }
    }
  });

  it('are unreadable without the key where they are sealed', async () => {
    const key = await generateIdentity();
    const recipient = [await identityToRecipient(key)];
    await call('backup', { dir: folder, recipient });
    for (const file of await files()) expect((await readFile(file)).includes(SECRET)).toBe(false);
    const there = await another();
    await expect(call('restore', { dir: folder }, there)).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_LOCKED',
    });
    const identity = join(outside, 'key.txt');
    await writeFile(identity, `# somebody else's\n${await generateIdentity()}\n`);
    await expect(call('restore', { dir: folder, identity }, there)).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_LOCKED',
    });
    await writeFile(identity, `# of the backups\n${key}\n`);
    expect(await call('restore', { dir: folder, identity }, there)).toMatchObject({
      checked: true,
      blobs: 2,
    });
    expect((await call('store.backups', { dir: folder, check: true, identity })).checked).toBe(true);
    await expect(call('backup', { dir: folder })).rejects.toMatchObject({ code: 'TRS_STORE_BACKUP_SEALED' });
    await expect(call('backup', { dir: folder, recipient: ['age1nobody'] })).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_RECIPIENT',
    });
  });

  it('stay as many as are to be kept, and with them what they consist of', async () => {
    const gone = await (await blobs()).put(Buffer.from('soon not needed'));
    const first = await call('backup', { dir: folder });
    await (await blobs()).remove(gone.digest);
    await addToken('later');
    const second = await call('backup', { dir: folder, keep: 1 });
    expect(second.pruned).toMatchObject({ snapshots: [first.snapshot] });
    expect((await files()).some((file) => file.endsWith(gone.digest.slice(2)))).toBe(false);
    expect(await call('store.backups', { dir: folder, check: true })).toMatchObject({
      snapshots: [{ snapshot: second.snapshot }],
    });
    expect(await call('restore', { dir: folder }, await another())).toMatchObject({ head: second.head });
  });

  it('are refused where they would mix with something else', async () => {
    const { snapshot } = await call('backup', { dir: folder });
    const there = await another();
    await call('token.create', { name: 'x', scopes: ['*:*'] }, there);
    await expect(call('restore', { dir: folder }, there)).rejects.toMatchObject({
      code: 'TRS_STORE_NOT_EMPTY',
    });
    await expect(call('backup', { dir: folder }, there)).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_OTHER',
    });
    await expect(call('backup', { dir: outside }, there)).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_FOLDER',
    });
    const empty = await another();
    await expect(call('restore', { dir: outside }, empty)).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_FOLDER',
    });
    await expect(call('restore', { dir: folder, snapshot: '1999' }, empty)).rejects.toMatchObject({
      code: 'TRS_SYSTEM_NO_BACKUP',
      hint: expect.stringContaining(snapshot),
    });
    // What was refused has left nothing behind: the folder is still good for it.
    expect(await call('restore', { dir: folder, snapshot: snapshot.slice(0, 10) }, empty)).toMatchObject({
      snapshot,
    });
  });

  it('begin anew where content was removed while it was copied, and give up where that does not end', async () => {
    const real = await blobs();
    const database = await here.host.service(databaseToken);
    const options = { signal: new AbortController().signal, onProgress: () => {} };
    const extra = await real.put(Buffer.from('in use until just now'));
    let isRemoved = false;
    const removing: Blobs = {
      ...real,
      async localPath(digest) {
        if (!isRemoved && digest === extra.digest) {
          isRemoved = true;
          await real.remove(digest);
        }
        return await real.localPath(digest);
      },
    };
    const source = { database, blobs: removing };
    const { snapshot } = await makeBackup(source, await beginBackupFolder(folder, undefined), options);
    expect(isRemoved).toBe(true);
    expect(snapshot.manifest.blobs.count).toBe(2);
    const vanishing: Blobs = {
      ...real,
      async *list() {
        yield* real.list();
        yield { digest: extra.digest, bytes: 21 };
      },
    };
    await expect(
      makeBackup({ database, blobs: vanishing }, await beginBackupFolder(folder, undefined), options),
    ).rejects.toMatchObject({ code: 'TRS_STORE_BACKUP_UNSETTLED' });
  });

  it('of an older schema are brought up to date, and of one that nothing here knows are refused by its step', async () => {
    const things: Migration = {
      name: 'shelf-0001-things',
      async up(db) {
        await db.schema.createTable('things').addColumn('name', 'text').execute();
      },
    };
    const lengths: Migration = {
      name: 'shelf-0002-lengths',
      async up(db) {
        await db.schema.alterTable('things').addColumn('length', 'integer').execute();
        await sql`UPDATE things SET length = length(name)`.execute(db);
      },
    };
    const shelf = (...steps: readonly Migration[]) =>
      plugin({
        name: 'shelf',
        version: '1.0.0',
        contributions: steps.map((step) => contribute(migrations, step)),
      });
    const older = await another(shelf(things));
    const metadata = await older.host.service(metadataToken);
    await metadata.write<Shelf, void>(async (db) => {
      await db.insertInto('things').values({ name: 'vase' }).execute();
    });
    await call('backup', { dir: folder }, older);

    const newer = await another(shelf(things, lengths));
    await call('restore', { dir: folder }, newer);
    const rows = await (await newer.host.service(metadataToken))
      .query<Shelf>()
      .selectFrom('things')
      .selectAll()
      .execute();
    expect(rows).toEqual([{ name: 'vase', length: 4 }]);
    expect(await call('audit.verify', {}, newer)).toMatchObject({ ok: true });

    await expect(call('restore', { dir: folder }, await another())).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_NEWER',
      message: expect.stringContaining('shelf-0001-things'),
    });
  });

  it('wait for one another', async () => {
    const both = await Promise.allSettled([call('backup', { dir: folder }), call('backup', { dir: folder })]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'TRS_SYSTEM_BACKUP_RUNS' },
    });
  });
});
