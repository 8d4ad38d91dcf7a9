import { type Context, isTrestleError } from '@trestle/kernel';
import { checkBackup } from '@trestle/store/backup';
import { localOnly } from '../local-only.ts';
import type { ListedBackups } from './backup-operations.ts';
import { openBackups } from './open-backups.ts';
import { shownSnapshot } from './shown-snapshot.ts';

export async function listBackups(
  ctx: Context,
  input: { readonly dir: string; readonly check: boolean; readonly identity?: string | undefined },
): Promise<ListedBackups> {
  localOnly(ctx);
  const folder = await openBackups(ctx, input);
  const all = await folder.snapshots();
  const snapshots: ListedBackups['snapshots'] = [];
  for (const [at, snapshot] of all.entries()) {
    const onProgress = (step: string, fraction: number) =>
      ctx.progress({ step: `${snapshot.id}: ${step}`, fraction: (at + fraction) / all.length });
    const problem = input.check
      ? await checkBackup(folder, snapshot.manifest, { signal: ctx.signal, onProgress }).then(
          () => undefined,
          (thrown: unknown) => {
            // Without its key nothing can be said of any.
            if (!isTrestleError(thrown) || thrown.kind === 'denied') throw thrown;
            return thrown.message;
          },
        )
      : undefined;
    snapshots.push({ ...shownSnapshot(snapshot), ...(problem !== undefined && { problem }) });
  }
  return { dir: folder.dir, recipients: [...folder.recipients], checked: input.check, snapshots };
}
