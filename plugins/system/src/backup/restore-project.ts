import type { Context } from '@trestle/kernel';
import { blobsToken, migrations } from '@trestle/store';
import { databaseToken } from '@trestle/store/adapter';
import { type BackupFolder, restoreBackup, type Snapshot } from '@trestle/store/backup';
import { localOnly } from '../local-only.ts';
import { systemError } from '../system-error.ts';
import type { RestoredSnapshot } from './backup-operations.ts';
import { openBackups } from './open-backups.ts';

export async function restoreProject(
  ctx: Context,
  input: { readonly dir: string; readonly snapshot: string; readonly identity?: string | undefined },
): Promise<RestoredSnapshot> {
  localOnly(ctx);
  const folder = await openBackups(ctx, input);
  const snapshot = await findSnapshot(folder, input.snapshot);
  const target = { database: await ctx.service(databaseToken), blobs: await ctx.service(blobsToken) };
  const restored = await restoreBackup(folder, snapshot, target, ctx.extensions(migrations), {
    signal: ctx.signal,
    onProgress: (step, fraction) => ctx.progress({ step, fraction }),
  });
  return { snapshot: snapshot.id, takenAt: snapshot.manifest.takenAt, checked: true, ...restored };
}

/** @throws TRS_SYSTEM_NO_BACKUP */
async function findSnapshot(folder: BackupFolder, asked: string): Promise<Snapshot> {
  const all = await folder.snapshots();
  const found = asked === 'latest' ? all.slice(-1) : all.filter(({ id }) => id.startsWith(asked));
  const [snapshot] = found;
  if (snapshot !== undefined && found.length === 1) return snapshot;
  throw systemError('NO_BACKUP', {
    kind: 'not-found',
    message:
      all.length === 0
        ? `There is no snapshot in ${folder.dir}.`
        : `${found.length === 0 ? 'No snapshot' : `${found.length} snapshots`} in ${folder.dir} begin${found.length > 1 ? '' : 's'} with "${asked}".`,
    hint: `There is ${
      all
        .slice(-5)
        .map(({ id }) => id)
        .join(', ') || 'none'
    }; "trestle store backups DIR" lists all.`,
  });
}
