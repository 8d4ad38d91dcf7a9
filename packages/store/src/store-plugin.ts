import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import {
  contribute,
  jobStoreToken,
  journalToken,
  leasesToken,
  plugin,
  projectGateToken,
  provide,
  type Scope,
  token,
} from '@trestle/kernel';
import type { Reserve } from './fs/reserve.ts';
import { translateFsError } from './fs/translate-fs-error.ts';
import { blobsToken } from './interface/blobs.ts';
import { storeCheckToken } from './interface/health.ts';
import { lineageToken } from './interface/lineage.ts';
import { metadataToken, migrations, projections } from './interface/metadata.ts';
import { databases, databaseToken, type SqlDatabase } from './sql/database.ts';
import { storeConfig } from './store-config.ts';
import { storeError } from './store-error.ts';

const reserveToken = token<Reserve>('store.reserve');
/** The database, its schema up to date. */
const readyDatabaseToken = token<SqlDatabase>('store.ready-database');

/** A process that does not know the store that the environment names must not begin another one. */
function checkNotElsewhere(): void {
  if (!process.env.TRESTLE_STORE) return;
  throw storeError('ELSEWHERE', {
    kind: 'conflict',
    message: 'TRESTLE_STORE names another store, and no plugin here brings it.',
    hint: 'Name "@trestle/store-postgres" in "plugins" of the configuration, with postgres.url, so that every process of the project uses it.',
  });
}

async function openEmbedded(scope: Scope): Promise<SqlDatabase> {
  const { openSqlite } = await import('./sqlite/open-sqlite.ts');
  return await openSqlite({
    file: join(scope.project.stateDir, 'metadata.sqlite'),
    lockWaitMs: scope.config(storeConfig).lockWaitMs,
    log: scope.log,
    reserve: await scope.service(reserveToken),
  });
}

/** What belongs to one database: who does not build on `databaseToken` replaces all of it. */
const METADATA = { replaceable: 'metadata' };

/**
 * The store: metadata, log, lineage, jobs and leases in a database, and blobs. Both are the project's own, SQLite and files under
 * `.trestle`, where the configuration names no plugin that provides another.
 */
export const storePlugin = plugin({
  name: 'store',
  version: '0.1.0',
  config: storeConfig,
  contributions: [contribute(databases, { name: 'sqlite', open: openEmbedded })],
  services: [
    provide(reserveToken, async (scope) => {
      const { keepReserve } = await import('./fs/reserve.ts');
      (await scope.service(projectGateToken)).check();
      // For its owner only: inputs of jobs and hashes of tokens are in it.
      await mkdir(scope.project.stateDir, { recursive: true, mode: 0o700 }).catch((thrown: unknown) => {
        throw translateFsError(thrown, scope.project.stateDir);
      });
      return await keepReserve(scope.project.stateDir, scope.config(storeConfig).reserveBytes);
    }),
    provide(
      databaseToken,
      async (scope) => {
        checkNotElsewhere();
        const database = await openEmbedded(scope);
        scope.onClose(database.close);
        return database;
      },
      { replaceable: 'database' },
    ),
    provide(readyDatabaseToken, async (scope) => {
      const { readyDatabase } = await import('./sql/ready-database.ts');
      return await readyDatabase(await scope.service(databaseToken), scope.extensions(migrations));
    }),
    provide(
      metadataToken,
      async (scope) =>
        (await import('./sql/metadata.ts')).sqlMetadata(
          await scope.service(readyDatabaseToken),
          scope.extensions(projections),
        ),
      METADATA,
    ),
    provide(
      journalToken,
      async (scope) => (await import('./sql/journal.ts')).sqlJournal(await scope.service(readyDatabaseToken)),
      METADATA,
    ),
    provide(
      jobStoreToken,
      async (scope) => (await import('./sql/jobs.ts')).sqlJobs(await scope.service(readyDatabaseToken)),
      METADATA,
    ),
    provide(
      leasesToken,
      async (scope) => (await import('./sql/leases.ts')).sqlLeases(await scope.service(readyDatabaseToken)),
      METADATA,
    ),
    provide(
      lineageToken,
      async (scope) => (await import('./sql/lineage.ts')).sqlLineage(await scope.service(readyDatabaseToken)),
      METADATA,
    ),
    provide(
      blobsToken,
      async (scope) =>
        (await import('./fs/fs-blobs.ts')).openFsBlobs(
          join(scope.project.stateDir, 'blobs'),
          await scope.service(reserveToken),
        ),
      { replaceable: 'blobs' },
    ),
    provide(
      storeCheckToken,
      async (scope) => {
        const database = await scope.service(readyDatabaseToken);
        const blobs = await scope.service(blobsToken);
        return {
          ready: async () => void (await Promise.all([database.ready(), blobs.ready()])),
          check: async (options) => ({ metadata: await database.check(), blobs: await blobs.check(options) }),
        };
      },
      METADATA,
    ),
  ],
});

export default storePlugin;
