import { readFile } from 'node:fs/promises';
import type { Context } from '@trestle/kernel';
import { type BackupFolder, openBackupFolder, openerOf } from '@trestle/store/backup';

/** Opens a folder of backups for reading, with the key that the caller named. */
export async function openBackups(
  ctx: Context,
  { dir, identity }: { readonly dir: string; readonly identity?: string | undefined },
): Promise<BackupFolder> {
  const opener =
    identity === undefined
      ? undefined
      : await openerOf(await readFile(await ctx.files.read(identity), 'utf8'));
  return await openBackupFolder(await ctx.files.read(dir), { opener });
}
