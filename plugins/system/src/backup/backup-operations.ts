import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

const path = z.string().min(1).max(1_000);
const identity = path
  .optional()
  .describe('a file with the key that opens sealed backups, as age-keygen writes it');
const counts = z.object({ rows: z.number().int(), blobs: z.number().int() });

const snapshot = counts.extend({
  snapshot: z.string(),
  takenAt: z.string(),
  /** Of the content; what the folder takes is less where snapshots share it. */
  blobBytes: z.number().int(),
  /** Where the log ended. */
  head: z.string(),
});
export type ShownSnapshot = z.output<typeof snapshot>;

const made = snapshot.extend({
  dir: z.string(),
  recipients: z.array(z.string()),
  /** What was new in the folder. */
  written: z.object({ bytes: z.number().int(), blobs: z.number().int() }),
  pruned: z.object({ snapshots: z.array(z.string()), pieces: z.number().int(), bytes: z.number().int() }),
});
export type MadeSnapshot = z.output<typeof made>;

/** A snapshot of the project, in a folder. */
export const backup = operation({
  id: 'backup',
  summary: 'Take a snapshot of the whole project into a folder, while it goes on working.',
  kind: 'command',
  access: 'system:write',
  input: z.object({
    dir: path.describe('the folder of the backups; one that is empty or not there begins them'),
    recipient: z
      .array(z.string().min(1).max(5_000))
      .max(20)
      .default([])
      .describe('a public key (age1…) that it is sealed for; repeat it for several'),
    keep: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .optional()
      .describe('so many snapshots stay, the newest; all when left out'),
  }),
  positionals: ['dir'],
  output: made,
  examples: ['trestle backup /mnt/backups/strikes --keep 30'],
  load: () => import('./back-up-project.ts').then((module) => module.backUpProject),
  present: (shown) => [
    {
      kind: 'note',
      tone: 'good',
      text: `Snapshot ${shown.snapshot} of ${shown.rows} rows and ${shown.blobs} blobs is in ${shown.dir}.`,
    },
    {
      kind: 'facts',
      facts: [
        ['log ended at', shown.head],
        ['sealed for', shown.recipients.join(', ') || 'nobody: whoever reads the folder reads all of it'],
        ['new in the folder', `${shown.written.bytes} bytes, ${shown.written.blobs} blobs`],
        ['removed', `${shown.pruned.snapshots.length} snapshots, ${shown.pruned.bytes} bytes`],
      ],
    },
  ],
});

const listed = z.object({
  dir: z.string(),
  recipients: z.array(z.string()),
  /** Every piece of each was read and compared. */
  checked: z.boolean(),
  snapshots: z.array(snapshot.extend({ problem: z.string().optional() })),
});
export type ListedBackups = z.output<typeof listed>;

/** What there is to restore. */
export const storeBackups = operation({
  id: 'store.backups',
  summary: 'List the snapshots of a backup folder; --check reads each of them to its end.',
  kind: 'query',
  access: 'system:read',
  input: z.object({
    dir: path.describe('the folder of the backups'),
    check: z.boolean().default(false).describe('read every piece, and compare it with its digest'),
    identity,
  }),
  positionals: ['dir'],
  output: listed,
  load: () => import('./list-backups.ts').then((module) => module.listBackups),
  verdict: ({ snapshots }) => snapshots.every(({ problem }) => problem === undefined),
  present: ({ dir, checked, recipients, snapshots }): readonly View[] => [
    {
      kind: 'table',
      title: `Snapshots in ${dir}${recipients.length > 0 ? `, sealed for ${recipients.join(', ')}` : ''}`,
      columns: [
        { key: 'snapshot', label: 'snapshot' },
        { key: 'rows', label: 'rows', align: 'right' },
        { key: 'blobs', label: 'blobs', align: 'right' },
        { key: 'blobBytes', label: 'bytes of content', align: 'right' },
        { key: 'state', label: '' },
      ],
      rows: snapshots.map((one) => ({ ...one, state: one.problem ?? (checked ? 'whole' : 'not read') })),
    },
  ],
});

const restored = counts.extend({
  snapshot: z.string(),
  takenAt: z.string(),
  /** The chain was recomputed, and every row and blob compared; it is an error when they differ. */
  checked: z.literal(true),
  head: z.string(),
  skippedBlobs: z.number().int(),
});
export type RestoredSnapshot = z.output<typeof restored>;

/** A project from a snapshot. */
export const restore = operation({
  id: 'restore',
  summary: 'Bring a snapshot back into a new project, on any database, and prove that all of it is there.',
  kind: 'command',
  access: 'system:write',
  beginsProject: true,
  recordsFailures: false,
  input: z.object({
    dir: path.describe('the folder of the backups'),
    snapshot: z.string().min(1).max(100).default('latest').describe('its name, or the beginning of it'),
    identity,
  }),
  positionals: ['dir'],
  output: restored,
  examples: ['trestle restore /mnt/backups/strikes --project strikes-again'],
  load: () => import('./restore-project.ts').then((module) => module.restoreProject),
  present: ({ snapshot: id, takenAt, rows, blobs, head }) => [
    {
      kind: 'note',
      tone: 'good',
      text: `The project is as it was at ${takenAt}: ${rows} rows and ${blobs} blobs of ${id}, each compared, and the log is whole.`,
    },
    { kind: 'facts', facts: [['log ended at', head]] },
  ],
});
