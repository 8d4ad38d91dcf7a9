import { operation } from '@trestle/kernel';
import { z } from 'zod';

const output = z.object({
  from: z.string(),
  to: z.string(),
  /** Counts, digests and the chain are the same on both sides; it is an error when they are not. */
  checked: z.literal(true),
  rows: z.number().int(),
  tables: z.array(z.object({ table: z.string(), rows: z.number().int(), digest: z.string() })),
  /** The head of the log, the same in both. */
  head: z.string(),
  /** They stay where they are. */
  blobs: z.number().int(),
});
export type MigratedStore = z.output<typeof output>;

/** Moves a project's metadata to another database. */
export const storeMigrate = operation({
  id: 'store.migrate',
  summary: 'Copy the metadata of a project into another database, and prove that all of it arrived.',
  kind: 'command',
  access: 'system:write',
  input: z.object({
    from: z.string().min(1).max(50).describe('the database that has it, sqlite'),
    to: z.string().min(1).max(50).describe('the database that gets it, postgres; it must be empty'),
  }),
  positionals: ['from', 'to'],
  output,
  load: () => import('./migrate-store.ts').then((module) => module.migrateStore),
  present: ({ from, to, rows, tables, head, blobs }) => [
    {
      kind: 'note',
      tone: 'good',
      text: `${rows} rows of ${tables.length} tables are in ${to} as they are in ${from}: counts, digests and the chain of the log agree.`,
    },
    {
      kind: 'table',
      columns: [
        { key: 'table', label: 'table' },
        { key: 'rows', label: 'rows' },
        { key: 'digest', label: 'digest' },
      ],
      rows: tables.map((table) => ({ ...table, digest: table.digest.slice(0, 12) })),
    },
    {
      kind: 'facts',
      facts: [
        ['log ends at', head],
        ['blobs', `${blobs}, where they were`],
      ],
    },
    {
      kind: 'note',
      tone: 'info',
      text: `Nothing reads it yet: name ${to} in the configuration from now on. What is written to ${from} meanwhile is not there.`,
    },
  ],
});
