import { type Host, jobStoreToken, journalToken, leasesToken } from '@trestle/kernel';
import { blobsToken, lineageToken, metadataToken } from '@trestle/store';
import { blobsContract } from './blobs-contract.ts';
import { fenceContract } from './fence-contract.ts';
import { jobStoreContract } from './job-store-contract.ts';
import { journalContract } from './journal-contract.ts';
import { leasesContract } from './leases-contract.ts';
import { metadataContract } from './metadata-contract.ts';
import { temporaryProject } from './temporary-project.ts';

/** Opens the embedded store in a folder of its own, and takes from it what a contract is about. */
const embedded =
  <T>(take: (host: Host) => Promise<T>) =>
  async () => {
    const project = await temporaryProject();
    return { ...(await take(await project.open())), close: project.remove };
  };

metadataContract(
  'SQLite',
  embedded(async (host) => ({
    metadata: await host.service(metadataToken),
    journal: await host.service(journalToken),
    lineage: await host.service(lineageToken),
  })),
);
journalContract(
  'SQLite',
  embedded(async (host) => ({ journal: await host.service(journalToken) })),
);
jobStoreContract(
  'SQLite',
  embedded(async (host) => ({ jobs: await host.service(jobStoreToken) })),
);
fenceContract(
  'SQLite',
  embedded(async (host) => ({
    metadata: await host.service(metadataToken),
    journal: await host.service(journalToken),
    jobs: await host.service(jobStoreToken),
    leases: await host.service(leasesToken),
  })),
);
leasesContract(
  'SQLite',
  embedded(async (host) => ({ leases: await host.service(leasesToken) })),
);
blobsContract(
  'file system',
  embedded(async (host) => ({ blobs: await host.service(blobsToken) })),
);
