import { createHash } from 'node:crypto';
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { z } from 'zod';
import { removeLeftovers, temporaryName } from '../fs/leftovers.ts';
import { syncDir } from '../fs/sync-dir.ts';
import { translateFsError } from '../fs/translate-fs-error.ts';
import { storeError } from '../store-error.ts';
import { bytesOf } from './bytes-of.ts';
import { idOf, type Manifest, manifestSchema, SNAPSHOT_ID, type Snapshot } from './manifest.ts';
import type { Opener, Seal } from './seal.ts';

type Bytes = AsyncIterable<Uint8Array>;

/**
 * - `blob`: content of the project, sealed where the folder is;
 * - `rows`: a piece of a table, packed, and sealed where the folder is;
 * - `list`: a piece of the list of blobs, packed, and never sealed: what is kept can be told without the key.
 */
export type PieceKind = 'blob' | 'rows' | 'list';

/**
 * A folder of snapshots: `snapshots/ID.json` names the pieces of each, and a piece lies once in `pieces/ab/cdef…` by the SHA-256 of
 * what is in it. It is written like the store's blobs: a temporary file, fsync, rename, fsync of the folder.
 */
export interface BackupFolder {
  readonly dir: string;
  readonly recipients: readonly string[];
  has(kind: PieceKind, digest: string): Promise<boolean>;
  /** @returns the bytes that it takes in the folder. @throws TRS_STORE_BACKUP_DIFFERS where the content is not of that digest */
  write(kind: PieceKind, digest: string, content: Bytes): Promise<number>;
  /** The content, whose digest is compared when its end is reached. @throws TRS_STORE_BACKUP_MISSING, TRS_STORE_BACKUP_DAMAGED, TRS_STORE_BACKUP_LOCKED */
  read(kind: PieceKind, digest: string): Bytes;
  /** The newest last. @throws TRS_STORE_BACKUP_DAMAGED */
  snapshots(): Promise<readonly Snapshot[]>;
  add(manifest: Manifest): Promise<Snapshot>;
  remove(id: string): Promise<void>;
  /** Removes each piece that is not kept. @returns how many, and their bytes */
  sweep(isKept: (piece: string) => boolean): Promise<{ readonly pieces: number; readonly bytes: number }>;
}

const markSchema = z.strictObject({ format: z.literal(1), recipients: z.array(z.string()) });
const MARK = 'trestle-backup.json';

/** The name of a piece's file, without the folders. */
export const pieceName = (kind: PieceKind, digest: string): string =>
  kind === 'blob' ? digest : `${digest}.gz`;

/**
 * Opens a folder of backups, or begins one in a folder that is empty or not there.
 *
 * @param seal whom it is sealed for when it is begun, and again each time it is written to
 * @throws TRS_STORE_BACKUP_FOLDER, TRS_STORE_BACKUP_SEALED
 */
export async function beginBackupFolder(dir: string, seal: Seal | undefined): Promise<BackupFolder> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if ((await readdir(dir)).length === 0) {
      const mark = { format: 1, recipients: seal?.recipients ?? [] };
      await writeWhole(dir, join(dir, MARK), [Buffer.from(`${JSON.stringify(mark)}\n`)]);
    }
    await mkdir(join(dir, 'tmp'), { recursive: true, mode: 0o700 });
    await removeLeftovers(join(dir, 'tmp'));
  } catch (thrown) {
    throw translateFsError(thrown, dir);
  }
  const folder = await openBackupFolder(dir, { seal });
  const asked = seal?.recipients ?? [];
  if (folder.recipients.join() !== asked.join()) throw sealedOtherwise(dir, folder.recipients);
  return folder;
}

/** @throws TRS_STORE_BACKUP_FOLDER where there is none */
export async function openBackupFolder(
  dir: string,
  { seal, opener }: { readonly seal?: Seal | undefined; readonly opener?: Opener | undefined } = {},
): Promise<BackupFolder> {
  const { recipients } = await readMark(dir);
  const isSealed = recipients.length > 0;
  const pathOf = (kind: PieceKind, digest: string): string =>
    join(dir, 'pieces', digest.slice(0, 2), pieceName(kind, digest).slice(2));
  const snapshotPath = (id: string): string => join(dir, 'snapshots', `${id}.json`);

  async function* read(kind: PieceKind, digest: string): Bytes {
    const path = pathOf(kind, digest);
    await access(path).catch(() => {
      throw missing(path, digest);
    });
    const hash = createHash('sha256');
    try {
      const stored = bytesOf(path);
      const opened = isSealed && kind !== 'list' ? await needed(opener, dir).open(stored) : stored;
      for await (const chunk of kind === 'blob' ? opened : unpacked(opened)) {
        hash.update(chunk);
        yield chunk;
      }
    } catch (thrown) {
      if (thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('TRS_')) throw thrown;
      throw damaged(path, thrown);
    }
    if (hash.digest('hex') !== digest) throw damaged(path);
  }

  return {
    dir,
    recipients,
    read,
    has: (kind, digest) =>
      access(pathOf(kind, digest)).then(
        () => true,
        () => false,
      ),

    async write(kind, digest, content) {
      const hash = createHash('sha256');
      const hashed = async function* (): Bytes {
        for await (const chunk of content) {
          hash.update(chunk);
          yield chunk;
        }
        // Before the file has its name: what is under a digest is of that digest.
        if (hash.digest('hex') !== digest) throw differs(digest);
      };
      const packedContent = kind === 'blob' ? hashed() : packed(hashed());
      const stored = seal && kind !== 'list' ? await seal.seal(packedContent) : packedContent;
      return await writeWhole(join(dir, 'tmp'), pathOf(kind, digest), stored);
    },

    async snapshots() {
      const names = await readdir(join(dir, 'snapshots')).catch((): string[] => []);
      const ids = names.map((name) => name.replace(/\.json$/, '')).filter((id) => SNAPSHOT_ID.test(id));
      const all = await Promise.all(ids.map(readSnapshot));
      const order = ({ manifest }: Snapshot) =>
        `${manifest.takenAt} ${String(manifest.log.seq).padStart(16, '0')}`;
      return all.toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    },

    async add(manifest) {
      const text = `${JSON.stringify(manifest)}\n`;
      const id = idOf(manifest, text);
      await writeWhole(join(dir, 'tmp'), snapshotPath(id), [Buffer.from(text)]);
      return { id, manifest };
    },

    async remove(id) {
      await rm(snapshotPath(id), { force: true });
      await syncDir(join(dir, 'snapshots'));
    },

    async sweep(isKept) {
      let [pieces, bytes] = [0, 0];
      for (const group of await readdir(join(dir, 'pieces')).catch((): string[] => [])) {
        for (const rest of await readdir(join(dir, 'pieces', group))) {
          if (isKept(group + rest)) continue;
          const path = join(dir, 'pieces', group, rest);
          bytes += (await stat(path)).size;
          pieces++;
          await rm(path);
        }
      }
      return { pieces, bytes };
    },
  };

  async function readSnapshot(id: string): Promise<Snapshot> {
    const path = snapshotPath(id);
    const text = await readFile(path, 'utf8');
    try {
      const manifest = manifestSchema.parse(JSON.parse(text));
      if (idOf(manifest, text) === id) return { id, manifest };
    } catch (cause) {
      throw damaged(path, cause);
    }
    throw damaged(path);
  }
}

async function readMark(dir: string): Promise<z.output<typeof markSchema>> {
  try {
    return markSchema.parse(JSON.parse(await readFile(join(dir, MARK), 'utf8')));
  } catch (cause) {
    throw storeError('BACKUP_FOLDER', {
      kind: 'invalid',
      message: `${dir} is no folder of backups: ${MARK} is not in it, or is of another version.`,
      hint: 'Name the folder that "trestle backup" wrote to; for a new one, a folder that is empty or not there.',
      details: { dir },
      cause,
    });
  }
}

const packed = (content: Bytes): Bytes => through(content, createGzip({ level: 6 }));
const unpacked = (content: Bytes): Bytes => through(content, createGunzip());

async function* through(content: Bytes, step: ReturnType<typeof createGzip>): Bytes {
  const fed = pipeline(content, step);
  // Its error is the step's, which whoever reads gets.
  fed.catch(() => {});
  yield* step;
  await fed;
}

/** A file that is there with all its content, or not at all. @returns its bytes */
async function writeWhole(
  temporary: string,
  path: string,
  content: Iterable<Uint8Array> | Bytes,
): Promise<number> {
  const file = join(temporary, temporaryName());
  try {
    const handle = await open(file, 'wx', 0o600);
    let bytes = 0;
    try {
      for await (const chunk of content) {
        bytes += chunk.byteLength;
        await handle.writeFile(chunk);
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    const dir = dirname(path);
    if ((await mkdir(dir, { recursive: true, mode: 0o700 })) !== undefined) await syncDir(dirname(dir));
    await rename(file, path);
    await syncDir(dir);
    return bytes;
  } catch (thrown) {
    throw translateFsError(thrown, path);
  } finally {
    await rm(file, { force: true });
  }
}

function needed(opener: Opener | undefined, dir: string): Opener {
  if (opener) return opener;
  throw storeError('BACKUP_LOCKED', {
    kind: 'denied',
    message: `The backups in ${dir} are sealed.`,
    hint: 'Name the file with the key that belongs to one of their recipients, with --identity.',
    details: { dir },
  });
}

const sealedOtherwise = (dir: string, recipients: readonly string[]) =>
  storeError('BACKUP_SEALED', {
    kind: 'conflict',
    message:
      recipients.length === 0
        ? `The backups in ${dir} are not sealed; one that is does not go with them.`
        : `The backups in ${dir} are sealed for ${recipients.join(', ')}.`,
    hint: 'Name the same recipients, or another folder.',
    details: { dir, recipients: [...recipients] },
  });

const missing = (path: string, digest: string) =>
  storeError('BACKUP_MISSING', {
    kind: 'failed',
    message: `A piece of the backup is not there: ${path}.`,
    hint: 'Bring it back from another copy of the folder, or take another snapshot.',
    details: { path, digest },
  });

const damaged = (path: string, cause?: unknown) =>
  storeError('BACKUP_DAMAGED', {
    kind: 'failed',
    message: `${path} is not as it was written.`,
    hint: 'Bring it back from another copy of the folder, or take another snapshot; the next backup writes it again once it is removed.',
    details: { path },
    cause,
  });

const differs = (digest: string) =>
  storeError('BACKUP_DIFFERS', {
    kind: 'failed',
    message: `What the project holds under ${digest} is not of that digest.`,
    hint: 'See "trestle doctor --deep"; bring the content back from an older snapshot.',
    details: { digest },
  });
