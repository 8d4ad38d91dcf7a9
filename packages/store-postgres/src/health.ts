import type { DatabaseHealth } from '@trestle/store';
import type { StoreTables } from '@trestle/store/adapter';
import { type Kysely, sql } from 'kysely';

/** Settings without which an acknowledged change may be lost, and what they ought to be. */
const DURABLE: Readonly<Record<string, readonly string[]>> = {
  fsync: ['on'],
  full_page_writes: ['on'],
  synchronous_commit: ['on', 'local', 'remote_write', 'remote_apply'],
};

export async function databaseHealth(
  reader: Kysely<StoreTables>,
  location: string,
  schema: string,
): Promise<DatabaseHealth> {
  const { rows } = await sql<{ version: string; bytes: number } & Record<string, string>>`
    SELECT current_setting('server_version') AS version,
      current_setting('fsync') AS fsync,
      current_setting('full_page_writes') AS full_page_writes,
      current_setting('synchronous_commit') AS synchronous_commit,
      (SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
        WHERE relnamespace = ${schema}::regnamespace AND relkind = 'r') AS bytes`.execute(reader);
  const found = rows[0];
  const problems = Object.entries(DURABLE).flatMap(([name, allowed]) =>
    found === undefined || allowed.includes(String(found[name]))
      ? []
      : [`the server's ${name} is ${found[name]}: a power cut may take what was acknowledged`],
  );
  return { engine: `PostgreSQL ${found?.version}`, location, bytes: found?.bytes ?? 0, problems };
}
