import { stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sql } from 'kysely';
import { checkBlobs } from './fs/check-blobs.ts';
import type { StoreCheck } from './interface/health.ts';
import type { SqliteMetadata } from './sqlite/sqlite-metadata.ts';

const MAX_PROBLEMS = 20;

/** The check of the embedded store: SQLite's own for the metadata, digests for the blobs. */
export function embeddedCheck(metadata: SqliteMetadata): StoreCheck {
  const dir = dirname(metadata.file);
  const bytesOf = async (path: string): Promise<number> =>
    (await stat(path).catch(() => undefined))?.size ?? 0;
  return {
    async check(options = {}) {
      const { bavail, bsize } = await statfs(dir);
      const { rows } = await sql<{ version: string }>`SELECT sqlite_version() AS version`.execute(
        metadata.reader,
      );
      const blobs = await checkBlobs(join(dir, 'blobs'), options);
      return {
        engine: `SQLite ${rows[0]?.version}, WAL, synchronous=FULL`,
        location: dir,
        metadataBytes: (await bytesOf(metadata.file)) + (await bytesOf(`${metadata.file}-wal`)),
        freeBytes: bavail * bsize,
        reserveBytes: await bytesOf(join(dir, 'reserve')),
        blobs: { count: blobs.count, bytes: blobs.bytes },
        problems: [...(await metadataProblems(metadata)), ...blobs.problems.slice(0, MAX_PROBLEMS)],
      };
    },
  };
}

async function metadataProblems(metadata: SqliteMetadata): Promise<readonly string[]> {
  const checked = await sql<{ quick_check: string }>`PRAGMA quick_check(${sql.lit(MAX_PROBLEMS)})`
    .execute(metadata.reader)
    .catch((thrown: unknown) => ({ rows: [{ quick_check: String(thrown) }] }));
  return checked.rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
}
