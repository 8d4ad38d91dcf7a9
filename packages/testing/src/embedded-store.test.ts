import { journalToken } from '@trestle/kernel';
import { blobsToken, lineageToken, metadataToken } from '@trestle/store';
import { blobsContract } from './blobs-contract.ts';
import { metadataContract } from './metadata-contract.ts';
import { temporaryProject } from './temporary-project.ts';

metadataContract('SQLite', async () => {
  const project = await temporaryProject();
  const host = await project.open();
  return {
    metadata: await host.service(metadataToken),
    journal: await host.service(journalToken),
    lineage: await host.service(lineageToken),
    close: project.remove,
  };
});

blobsContract('file system', async () => {
  const project = await temporaryProject();
  const host = await project.open();
  return { blobs: await host.service(blobsToken), close: project.remove };
});
