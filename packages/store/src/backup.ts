/** Snapshots of a project in a folder, and back: `trestle backup` and `trestle restore` are these. */
export { type BackupFolder, beginBackupFolder, openBackupFolder } from './backup/backup-folder.ts';
export { checkBackup } from './backup/check-backup.ts';
export { type BackupOptions, type MadeBackup, makeBackup } from './backup/make-backup.ts';
export type { Manifest, Snapshot } from './backup/manifest.ts';
export { type PrunedBackups, pruneBackups } from './backup/prune-backups.ts';
export { type RestoredBackup, restoreBackup } from './backup/restore-backup.ts';
export { type Opener, openerOf, type Seal, sealFor } from './backup/seal.ts';
