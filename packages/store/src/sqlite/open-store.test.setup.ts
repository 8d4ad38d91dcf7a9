import { join } from 'node:path';
import type { Journal } from '@trestle/kernel';
import { noReserve } from '../fs/reserve.ts';
import type { Lineage } from '../interface/lineage.ts';
import type { Metadata, Projection } from '../interface/metadata.ts';
import type { SqlDatabase } from '../sql/database.ts';
import { sqlJournal } from '../sql/journal.ts';
import { sqlLineage } from '../sql/lineage.ts';
import { sqlMetadata } from '../sql/metadata.ts';
import { readyDatabase } from '../sql/ready-database.ts';
import { openSqlite } from './open-sqlite.ts';

const log = { debug: () => {}, info: () => {}, warn: () => {} };

export interface OpenStore {
  readonly database: SqlDatabase;
  readonly metadata: Metadata;
  readonly journal: Journal;
  readonly lineage: Lineage;
}

/** The metadata of a project, on SQLite in a folder. */
export async function openStore(
  dir: string,
  { projections = [], lockWaitMs = 5_000 }: { projections?: readonly Projection[]; lockWaitMs?: number } = {},
): Promise<OpenStore> {
  const opened = await openSqlite({
    file: join(dir, 'metadata.sqlite'),
    lockWaitMs,
    log,
    reserve: noReserve,
  });
  const database = await readyDatabase(opened, []);
  return {
    database,
    metadata: sqlMetadata(database, projections),
    journal: sqlJournal(database),
    lineage: sqlLineage(database),
  };
}
