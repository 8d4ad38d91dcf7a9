import { randomUUID } from 'node:crypto';
import { type Context, leasesToken, whileLeased } from '@trestle/kernel';
import { blobsToken, metadataToken } from '@trestle/store';
import { databaseToken } from '@trestle/store/adapter';
import { beginBackupFolder, makeBackup, pruneBackups, sealFor } from '@trestle/store/backup';
import { localOnly } from '../local-only.ts';
import { folderPath } from '../new-folder.ts';
import { systemError } from '../system-error.ts';
import type { MadeSnapshot } from './backup-operations.ts';
import { shownSnapshot } from './shown-snapshot.ts';

const LEASE = 'system:backup';
const TTL_MS = 10_000;

export async function backUpProject(
  ctx: Context,
  input: { readonly dir: string; readonly recipient: readonly string[]; readonly keep?: number | undefined },
): Promise<MadeSnapshot> {
  localOnly(ctx);
  const dir = await folderPath(ctx, input.dir);
  const seal = input.recipient.length > 0 ? await sealFor(input.recipient) : undefined;
  // Brings the schema up to date, which the bare database below does not.
  await ctx.service(metadataToken);
  const source = { database: await ctx.service(databaseToken), blobs: await ctx.service(blobsToken) };
  const leases = await ctx.service(leasesToken);
  const holder = randomUUID();
  const hold = await leases.acquire(LEASE, holder, TTL_MS);
  if (hold === undefined) throw runs();
  try {
    return await whileLeased(leases, { hold, holder, ttlMs: TTL_MS }, ctx.signal, async (signal) => {
      const folder = await beginBackupFolder(dir, seal);
      const onProgress = (step: string, fraction: number) => ctx.progress({ step, fraction });
      const { snapshot, writtenBytes, writtenBlobs } = await makeBackup(source, folder, {
        signal,
        onProgress,
      });
      const pruned =
        input.keep === undefined
          ? { removed: [], pieces: 0, bytes: 0 }
          : await pruneBackups(folder, input.keep);
      return {
        ...shownSnapshot(snapshot),
        dir,
        recipients: [...folder.recipients],
        written: { bytes: writtenBytes, blobs: writtenBlobs },
        pruned: { snapshots: [...pruned.removed], pieces: pruned.pieces, bytes: pruned.bytes },
      };
    });
  } finally {
    await leases.release(hold);
  }
}

const runs = () =>
  systemError('BACKUP_RUNS', {
    kind: 'conflict',
    message: 'A backup of this project is under way already.',
    hint: 'Wait for its end; one that was killed is taken for dead after ten seconds.',
  });
