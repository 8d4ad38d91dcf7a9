import { type Row, rowOf } from '../sql/row-line.ts';
import { rowSum } from '../sql/row-sum.ts';
import { storeError } from '../store-error.ts';
import type { BackupFolder } from './backup-folder.ts';
import { blobsOf } from './blob-lines.ts';
import { inParallel } from './in-parallel.ts';
import type { Manifest } from './manifest.ts';
import { linesOf } from './pieces.ts';

/** The rows of a table in a snapshot. @throws TRS_STORE_BACKUP_… when their pieces are not as they were written */
export async function* rowsOf(
  folder: BackupFolder,
  { pieces }: Manifest['tables'][number],
): AsyncIterable<Row> {
  for await (const line of linesOf(folder, 'rows', pieces)) yield rowOf(line);
}

/** Reads a snapshot to its end: each piece against its digest, each table against its sum. @throws TRS_STORE_BACKUP_… with the first that is wrong */
export async function checkBackup(
  folder: BackupFolder,
  manifest: Manifest,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (step: string, fraction: number) => void },
): Promise<void> {
  for (const [at, table] of manifest.tables.entries()) {
    onProgress(`rows of ${table.table}`, at / manifest.tables.length);
    const sum = rowSum();
    for await (const row of rowsOf(folder, table)) sum.add(row);
    checkTable(table, sum.result());
  }
  let count = 0;
  await inParallel(blobsOf(folder, manifest), async ({ digest }) => {
    signal.throwIfAborted();
    onProgress('content', count++ / Math.max(1, manifest.blobs.count));
    for await (const _ of folder.read('blob', digest));
  });
  if (count !== manifest.blobs.count) throw wrong('the list of blobs', `${manifest.blobs.count}`, `${count}`);
}

/** @throws TRS_STORE_BACKUP_WRONG */
export function checkTable(
  expected: { readonly table: string; readonly rows: number; readonly digest: string },
  found: { readonly rows: number; readonly digest: string },
): void {
  if (expected.rows === found.rows && expected.digest === found.digest) return;
  throw wrong(
    `the table "${expected.table}"`,
    `${expected.rows} rows, ${expected.digest}`,
    `${found.rows} rows, ${found.digest}`,
  );
}

const wrong = (what: string, expected: string, found: string) =>
  storeError('BACKUP_WRONG', {
    kind: 'failed',
    message: `In the backup, ${what} is not what its manifest says: ${expected}, and there ${found}.`,
    hint: 'The folder was changed by something else; take an older snapshot.',
    details: { what, expected, found },
  });
