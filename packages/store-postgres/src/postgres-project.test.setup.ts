import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type TemporaryProject, temporaryProject } from '@trestle/testing';
import pg from 'pg';

/** A database that lets us in, or undefined: then its tests are skipped. */
export const TEST_URL = process.env.TRESTLE_TEST_POSTGRES;
export const why =
  TEST_URL === undefined ? ' (not run: no database that lets us in, in TRESTLE_TEST_POSTGRES)' : '';

/** A statement as another client makes it. */
export async function onServer(text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: TEST_URL });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** A project on the database, in a schema of its own that goes with it. */
export async function postgresProject(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<TemporaryProject & { readonly schema: string }> {
  const schema = `trestle_test_${randomUUID().slice(0, 8)}`;
  const project = await temporaryProject({
    config: {
      plugins: [fileURLToPath(import.meta.resolve('@trestle/store-postgres'))],
      postgres: { url: TEST_URL, schema, connections: 3, ...settings },
    },
    onRemove: async () => void (await onServer(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`)),
  });
  return { ...project, schema };
}
