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
import { type Blobs, blobStores, blobsToken } from './interface/blobs.ts';
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
function checkNotElsewhere(variable: 'TRESTLE_STORE' | 'TRESTLE_BLOBS'): void {
  if (!process.env[variable]) return;
  throw storeError('ELSEWHERE', {
    kind: 'conflict',
    message: `${variable} names another store, and no plugin here brings it.`,
    hint: `Name the plugin that brings it, ${BRINGS[variable]}, in "plugins" of the configuration, so that every process of the project uses it.`,
  });
}
const BRINGS = {
  TRESTLE_STORE: '"@trestle/store-postgres" with postgres.url',
  TRESTLE_BLOBS: '"@trestle/store-s3" with s3.bucket',
};

async function openEmbedded(scope: Scope): Promise<SqlDatabase> {
  const { openSqlite } = await import('./sqlite/open-sqlite.ts');
  return await openSqlite({
    file: join(scope.project.stateDir, 'metadata.sqlite'),
    lockWaitMs: scope.config(storeConfig).lockWaitMs,
    log: scope.log,
    reserve: await scope.service(reserveToken),
  });
}

async function openFiles(scope: Scope): Promise<Blobs> {
  const { openFsBlobs } = await import('./fs/fs-blobs.ts');
  return await openFsBlobs(join(scope.project.stateDir, 'blobs'), await scope.service(reserveToken));
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
  contributions: [
    contribute(databases, { name: 'sqlite', open: openEmbedded }),
    contribute(blobStores, { name: 'files', open: openFiles }),
  ],
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
        checkNotElsewhere('TRESTLE_STORE');
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
      async (scope) => {
        checkNotElsewhere('TRESTLE_BLOBS');
        return await openFiles(scope);
      },
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
