import { type Host, jobStoreToken, journalToken, leasesToken } from '@trestle/kernel';
import { blobsToken, lineageToken, metadataToken } from '@trestle/store';
import { blobsContract } from './blobs-contract.ts';
import { clocksContract } from './clocks-contract.ts';
import { fenceContract } from './fence-contract.ts';
import { jobStoreContract } from './job-store-contract.ts';
import { journalContract } from './journal-contract.ts';
import { leasesContract } from './leases-contract.ts';
import { metadataContract } from './metadata-contract.ts';
import { migrationsContract } from './migrations-contract.ts';
import { processesContract } from './processes-contract.ts';
import type { TemporaryProject } from './temporary-project.ts';

/** A store of its own for each test, and what a contract is about of it; `another` is another process's. */
const opened =
  <T>(make: () => Promise<TemporaryProject>, take: (host: Host) => Promise<T>) =>
  async () => {
    const project = await make();
    return {
      ...(await take(await project.open())),
      another: async () => await take(await project.open()),
      project,
      close: project.remove,
    };
  };

/**
 * All that a store must do, as a project uses it that names it in its configuration. Call it inside a vitest file.
 *
 * @param make a project with an empty store
 * @param damage changes what is kept of a blob, behind its store's back
 */
export function storeContract(
  name: string,
  make: () => Promise<TemporaryProject>,
  damage?: (project: TemporaryProject, digest: string) => Promise<void>,
): void {
  databaseContract(name, make);
  const open = opened(make, async (host) => ({ blobs: await host.service(blobsToken) }));
  blobsContract(name, async () => {
    const store = await open();
    return { ...store, damage: damage && ((digest: string) => damage(store.project, digest)) };
  });
}

/** The same for the half of a store that is its database. */
export function databaseContract(name: string, make: () => Promise<TemporaryProject>): void {
  metadataContract(
    name,
    opened(make, async (host) => ({
      metadata: await host.service(metadataToken),
      journal: await host.service(journalToken),
      lineage: await host.service(lineageToken),
    })),
  );
  journalContract(
    name,
    opened(make, async (host) => ({ journal: await host.service(journalToken) })),
  );
  jobStoreContract(
    name,
    opened(make, async (host) => ({ jobs: await host.service(jobStoreToken) })),
  );
  fenceContract(
    name,
    opened(make, async (host) => ({
      metadata: await host.service(metadataToken),
      journal: await host.service(journalToken),
      jobs: await host.service(jobStoreToken),
      leases: await host.service(leasesToken),
    })),
  );
  leasesContract(
    name,
    opened(make, async (host) => ({ leases: await host.service(leasesToken) })),
  );
  migrationsContract(name, make);
  clocksContract(name, make);
  processesContract(name, make);
}
