import { fetchFile } from '../fetch-file.ts';
import type { Opened, ReadContext, SourceRequest } from '../source.ts';
import { isPrefix, s3Name } from './list-objects.ts';
import { openPrefix } from './open-prefix.ts';
import { signedAddress } from './signed-address.ts';

/** An object of a bucket, or those below a prefix, fetched. @throws TRS_DATA_S3, TRS_DATA_FOLDER_MIXED, TRS_DATA_TOO_LARGE */
export async function openS3(ctx: ReadContext, request: SourceRequest): Promise<Opened> {
  const { address, dir } = request;
  const name = s3Name(address);
  if (isPrefix(name))
    return { kind: 'folder', shown: address, files: await openPrefix(ctx, name, address, dir) };
  // A plus sign in an address could be taken for a space.
  const path = new URL(address).pathname.slice(1).replaceAll('+', '%2B');
  const signed = await signedAddress({ bucket: name.bucket, path });
  const file = await fetchFile(ctx, { address: signed.address, shown: address, dir }, signed.host);
  return { ...file, shown: address };
}
