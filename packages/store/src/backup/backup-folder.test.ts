import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginBackupFolder, openBackupFolder, type PieceKind } from './backup-folder.ts';
import { pieceWriter } from './pieces.ts';
import { openerOf, sealFor } from './seal.ts';

const digestOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex');
async function* pieces(...all: readonly Uint8Array[]) {
  yield* all;
}
const KINDS: readonly PieceKind[] = ['blob', 'rows', 'list'];

describe('a folder of backups', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-backup-folder-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));
  const stored = async (): Promise<string[]> =>
    (await readdir(join(dir, 'pieces'), { recursive: true, withFileTypes: true }).catch(() => []))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  describe.each([true, false])('sealed: %s', (isSealed) => {
    const open = async () => {
      const key = await generateIdentity();
      const seal = isSealed ? await sealFor([await identityToRecipient(key)]) : undefined;
      return { folder: await beginBackupFolder(dir, seal), opener: await openerOf(key) };
    };

    it.each(KINDS)('gives back a %s of any size as it was', async (kind) => {
      const { folder, opener } = await open();
      const reader = await openBackupFolder(dir, { opener });
      for (const size of [0, 1, 65_536, 300_001]) {
        const content = randomBytes(size);
        await folder.write(kind, digestOf(content), pieces(content.subarray(0, 7), content.subarray(7)));
        expect(await folder.has(kind, digestOf(content))).toBe(true);
        const read: Uint8Array[] = [];
        for await (const chunk of reader.read(kind, digestOf(content))) read.push(chunk);
        expect(Buffer.concat(read).equals(content)).toBe(true);
      }
    });

    it.each(KINDS)('keeps no %s that is not of its digest, or whose source breaks off', async (kind) => {
      const { folder } = await open();
      await expect(
        folder.write(kind, digestOf(Buffer.from('a')), pieces(Buffer.from('b'))),
      ).rejects.toMatchObject({ code: 'TRS_STORE_BACKUP_DIFFERS' });
      async function* broken() {
        yield Buffer.from('a');
        throw new Error('the disk went away');
      }
      await expect(folder.write(kind, digestOf(Buffer.from('a')), broken())).rejects.toThrow(
        'the disk went away',
      );
      expect(await stored()).toEqual([]);
      expect(await readdir(join(dir, 'tmp'))).toEqual([]);
    });
  });

  it('is none where something else lies, and is not begun there', async () => {
    await mkdir(join(dir, 'photos'));
    await expect(beginBackupFolder(dir, undefined)).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_FOLDER',
    });
    await expect(openBackupFolder(join(dir, 'nowhere'))).rejects.toMatchObject({
      code: 'TRS_STORE_BACKUP_FOLDER',
    });
    expect(await readdir(dir)).not.toContain('trestle-backup.json');
  });

  it('of a later format is refused, not guessed', async () => {
    await writeFile(join(dir, 'trestle-backup.json'), '{"format": 2, "recipients": []}');
    await expect(openBackupFolder(dir)).rejects.toMatchObject({ code: 'TRS_STORE_BACKUP_FOLDER' });
  });

  it.each(['', '# nothing but a comment\n', 'AGE-SECRET-KEY-1NOT', 'age1public'])(
    'refuses %j as keys',
    async (text) => {
      await expect(openerOf(text)).rejects.toMatchObject({
        code: 'TRS_STORE_BACKUP_IDENTITY',
        message: expect.not.stringContaining('NOT'),
      });
    },
  );

  it('shares the pieces of rows that stay, wherever rows are added or changed', async () => {
    const folder = await beginBackupFolder(dir, undefined);
    const rows = Array.from({ length: 20_000 }, (_, n) =>
      JSON.stringify({ n, text: `what happened the ${n}th time` }),
    );
    const write = async (all: readonly string[]): Promise<readonly string[]> => {
      const writer = pieceWriter(folder, 'rows');
      for (const row of all) await writer.add(row, digestOf(Buffer.from(row)));
      return await writer.end();
    };
    const before = await write(rows);
    expect(before.length).toBeGreaterThan(5);
    const changed = [...rows.slice(0, 9_000), '{"n": "new"}', ...rows.slice(9_001), '{"n": "last"}'];
    const after = await write(changed);
    expect(after.filter((piece) => !before.includes(piece)).length).toBeLessThanOrEqual(2);
  });
});
