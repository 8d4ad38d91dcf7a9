import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  jobStoreToken,
  journalToken,
  leasesToken,
  plugin,
  projectGateToken,
  provide,
  token,
} from '@trestle/kernel';
import type { Reserve } from './fs/reserve.ts';
import { translateFsError } from './fs/translate-fs-error.ts';
import { blobsToken } from './interface/blobs.ts';
import { storeCheckToken } from './interface/health.ts';
import { lineageToken } from './interface/lineage.ts';
import { metadataToken, migrations, projections } from './interface/metadata.ts';
import type { SqliteMetadata } from './sqlite/sqlite-metadata.ts';
import { storeConfig } from './store-config.ts';

const reserveToken = token<Reserve>('store.reserve');
const sqliteToken = token<SqliteMetadata>('store.sqlite');

/** The embedded store: SQLite for metadata and the log, the file system for blobs, both under `.trestle`. */
export const storePlugin = plugin({
  name: 'store',
  version: '0.1.0',
  config: storeConfig,
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
    provide(sqliteToken, async (scope) => {
      const { openSqliteMetadata } = await import('./sqlite/sqlite-metadata.ts');
      const reserve = await scope.service(reserveToken);
      const metadata = await openSqliteMetadata({
        file: join(scope.project.stateDir, 'metadata.sqlite'),
        lockWaitMs: scope.config(storeConfig).lockWaitMs,
        migrations: scope.extensions(migrations),
        projections: scope.extensions(projections),
        log: scope.log,
        reserve,
      });
      scope.onClose(metadata.close);
      return metadata;
    }),
    provide(metadataToken, (scope) => scope.service(sqliteToken)),
    provide(journalToken, async (scope) =>
      (await import('./sqlite/sqlite-journal.ts')).sqliteJournal(await scope.service(sqliteToken)),
    ),
    provide(jobStoreToken, async (scope) =>
      (await import('./sqlite/sqlite-jobs.ts')).sqliteJobs(await scope.service(sqliteToken)),
    ),
    provide(leasesToken, async (scope) =>
      (await import('./sqlite/sqlite-leases.ts')).sqliteLeases(await scope.service(sqliteToken)),
    ),
    provide(lineageToken, async (scope) =>
      (await import('./sqlite/sqlite-lineage.ts')).sqliteLineage(await scope.service(sqliteToken)),
    ),
    provide(storeCheckToken, async (scope) =>
      (await import('./embedded-check.ts')).embeddedCheck(await scope.service(sqliteToken)),
    ),
    provide(blobsToken, async (scope) =>
      (await import('./fs/fs-blobs.ts')).openFsBlobs(
        join(scope.project.stateDir, 'blobs'),
        await scope.service(reserveToken),
      ),
    ),
  ],
});

export default storePlugin;
