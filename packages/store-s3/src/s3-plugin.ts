import { join } from 'node:path';
import { contribute, plugin, provide, type Scope } from '@trestle/kernel';
import { type Blobs, blobsToken } from '@trestle/store';
import { blobStores, cachedBlobs } from '@trestle/store/adapter';
import { s3Config } from './s3-config.ts';

async function open(scope: Scope): Promise<Blobs> {
  const { s3Bucket } = await import('./s3-bucket.ts');
  const settings = scope.config(s3Config);
  return await cachedBlobs(s3Bucket(settings), {
    dir: join(scope.project.stateDir, 'cache'),
    maxBytes: settings.cacheBytes,
  });
}

/** Keeps a project's blobs in a bucket, in the place of files. */
export const s3Plugin = plugin({
  name: 'store-s3',
  version: '0.1.0',
  config: s3Config,
  contributions: [contribute(blobStores, { name: 's3', open })],
  services: [provide(blobsToken, open)],
});

export default s3Plugin;
