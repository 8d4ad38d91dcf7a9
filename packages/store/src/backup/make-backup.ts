import { isTrestleError } from '@trestle/kernel';
import type { Kysely, Transaction } from 'kysely';
import type { BlobInfo, Blobs } from '../interface/blobs.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { type AnyTables, BATCH_ROWS } from '../sql/fill-database.ts';
import { rowLine } from '../sql/row-line.ts';
import { rowSum } from '../sql/row-sum.ts';
import type { StoreTables } from '../sql/tables.ts';
import { storeError } from '../store-error.ts';
import type { BackupFolder } from './backup-folder.ts';
import { lineOfBlob } from './blob-lines.ts';
import { bytesOf } from './bytes-of.ts';
import { inParallel } from './in-parallel.ts';
import type { Manifest, Snapshot } from './manifest.ts';
import { pieceWriter } from './pieces.ts';

export interface BackupOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, fraction: number) => void;
}

export interface MadeBackup {
  readonly snapshot: Snapshot;
  /** What was not in the folder yet. */
  readonly writtenBytes: number;
  readonly writtenBlobs: number;
}

interface Source {
  readonly database: SqlDatabase;
  readonly blobs: Blobs;
}

type Dumped = Pick<Manifest, 'takenAt' | 'log' | 'tables'> & { readonly writtenBytes: number };

/** Content that is removed while it is copied begins the snapshot anew, so often. */
const MAX_TRIES = 5;

/**
 * Takes a snapshot of a project that goes on working: its metadata at one moment, and all content that it had then. What is in the
 * folder already is not written again.
 *
 * @throws TRS_STORE_BACKUP_OTHER where the folder holds another project, TRS_STORE_BACKUP_UNSETTLED
 */
export async function makeBackup(
  source: Source,
  folder: BackupFolder,
  options: BackupOptions,
): Promise<MadeBackup> {
  let [writtenBytes, writtenBlobs] = [0, 0];
  for (let tries = 1; ; tries++) {
    // What lies there before the moment and not behind it may have been in use at it.
    const before = new Set<string>();
    for await (const { digest } of source.blobs.list()) before.add(digest);
    const { writtenBytes: ofRows, ...dumped } = await dump(source.database, folder, options);
    const copied = await copyBlobs(source.blobs, folder, before, options);
    writtenBytes += ofRows + copied.writtenBytes;
    writtenBlobs += copied.writtenBlobs;
    if (!copied.isSettled) {
      if (tries === MAX_TRIES) throw unsettled();
      continue;
    }
    const snapshot = await folder.add({ format: 1, ...dumped, blobs: copied.blobs });
    return { snapshot, writtenBytes, writtenBlobs };
  }
}

/** Writes all tables as of one moment. */
async function dump(
  database: SqlDatabase,
  folder: BackupFolder,
  { signal, onProgress }: BackupOptions,
): Promise<Dumped> {
  return await database.snapshot(async (held) => {
    const db = held as unknown as Kysely<AnyTables>;
    const [takenAt, log] = await Promise.all([now(database, held), logOf(held)]);
    // Before anything of it is in the folder.
    await checkSameProject(folder, log.first);
    const names = (await db.introspection.getTables()).map(({ name }) => name).toSorted();
    const tables: Manifest['tables'] = [];
    let writtenBytes = 0;
    for (const [at, table] of names.entries()) {
      onProgress(`rows of ${table}`, at / names.length);
      const sum = rowSum();
      const pieces = pieceWriter(folder, 'rows');
      for await (const row of db.selectFrom(table).selectAll().stream(BATCH_ROWS)) {
        signal.throwIfAborted();
        const line = rowLine(row);
        await pieces.add(line, sum.add(row, line));
      }
      tables.push({ table, ...sum.result(), pieces: [...(await pieces.end())] });
      writtenBytes += pieces.written();
    }
    return { takenAt, log, tables, writtenBytes };
  });
}

async function now({ clock }: SqlDatabase, db: Transaction<StoreTables>): Promise<string> {
  const row = await db.selectNoFrom(clock.iso.as('now')).executeTakeFirstOrThrow();
  return row.now;
}

async function logOf(db: Transaction<StoreTables>): Promise<Manifest['log']> {
  const head = await db.selectFrom('log_head').select(['seq', 'hash']).executeTakeFirstOrThrow();
  const first = await db.selectFrom('events').select('hash').orderBy('seq').limit(1).executeTakeFirst();
  return { seq: head.seq, head: head.hash, ...(first && { first: first.hash }) };
}

async function copyBlobs(
  blobs: Blobs,
  folder: BackupFolder,
  before: Set<string>,
  { signal, onProgress }: BackupOptions,
) {
  const list = pieceWriter(folder, 'list');
  let [count, bytes, writtenBytes, writtenBlobs] = [0, 0, 0, 0];
  let isSettled = true;
  const copy = async ({ digest }: BlobInfo): Promise<void> => {
    signal.throwIfAborted();
    if (await folder.has('blob', digest)) return;
    try {
      writtenBytes += await folder.write('blob', digest, bytesOf(await blobs.localPath(digest)));
      writtenBlobs++;
    } catch (thrown) {
      if (!isTrestleError(thrown) || thrown.code !== 'TRS_STORE_BLOB_MISSING') throw thrown;
      isSettled = false;
    }
  };
  const listed = async function* (): AsyncIterable<BlobInfo> {
    for await (const blob of blobs.list()) {
      before.delete(blob.digest);
      count++;
      bytes += blob.bytes;
      // Digests are spread evenly, and come in order.
      onProgress('content', Number.parseInt(blob.digest.slice(0, 4), 16) / 65_536);
      await list.add(lineOfBlob(blob), blob.digest);
      yield blob;
    }
  };
  await inParallel(listed(), copy);
  const pieces = [...(await list.end())];
  return {
    isSettled: isSettled && before.size === 0,
    blobs: { count, bytes, pieces },
    writtenBytes: writtenBytes + list.written(),
    writtenBlobs,
  };
}

async function checkSameProject(folder: BackupFolder, first: string | undefined): Promise<void> {
  const newest = (await folder.snapshots()).at(-1)?.manifest.log.first;
  if (newest === undefined || newest === first) return;
  throw storeError('BACKUP_OTHER', {
    kind: 'conflict',
    message: `The backups in ${folder.dir} are of another project.`,
    hint: 'Name a folder of its own for each project.',
    details: { dir: folder.dir },
  });
}

const unsettled = () =>
  storeError('BACKUP_UNSETTLED', {
    kind: 'conflict',
    message: `Content was removed while it was copied, ${MAX_TRIES} times one after the other.`,
    hint: 'Run it again when no "gc" is under way: what has been copied is not copied again.',
  });
