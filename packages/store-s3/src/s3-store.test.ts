import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { blobsToken } from '@trestle/store';
import { blobsContract } from '@trestle/testing';
import { describe } from 'vitest';
import { isThere, newBucket, overwrite, s3Project, why } from './s3-project.test.setup.ts';

describe.skipIf(!isThere)(`the contract of blobs${why}`, () => {
  blobsContract('S3', async () => {
    const bucket = await newBucket();
    const project = await s3Project({ bucket, prefix: 'team/a/' });
    const open = async () => ({ blobs: await (await project.open()).service(blobsToken) });
    return {
      ...(await open()),
      another: open,
      async damage(digest) {
        await overwrite(bucket, `team/a/${digest.slice(0, 2)}/${digest.slice(2)}`, 'something else');
        await rm(join(project.dir, '.trestle', 'cache', digest.slice(0, 2)), {
          recursive: true,
          force: true,
        });
      },
      close: project.remove,
    };
  });
});
