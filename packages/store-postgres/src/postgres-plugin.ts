import { contribute, plugin, projectGateToken, provide, type Scope } from '@trestle/kernel';
import { databases, databaseToken, type SqlDatabase } from '@trestle/store/adapter';
import { postgresConfig } from './postgres-config.ts';

async function open(scope: Scope): Promise<SqlDatabase> {
  (await scope.service(projectGateToken)).check();
  const { openPostgres } = await import('./open-postgres.ts');
  return await openPostgres({ ...scope.config(postgresConfig), log: scope.log });
}

/** Keeps a project's metadata, log, lineage, jobs and leases in PostgreSQL, in the place of SQLite. */
export const postgresPlugin = plugin({
  name: 'store-postgres',
  version: '0.1.0',
  config: postgresConfig,
  contributions: [contribute(databases, { name: 'postgres', open })],
  services: [
    provide(databaseToken, async (scope) => {
      const database = await open(scope);
      scope.onClose(database.close);
      return database;
    }),
  ],
});

export default postgresPlugin;
