import { isTrestleError } from '@trestle/kernel';
import { storeError } from './store-error.ts';

/** What S3 calls rights and keys that do not do (Amazon S3 API Reference, "Error responses"). */
const REFUSED =
  /^(AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|AllAccessDisabled|Forbidden|CredentialsProviderError|403)$/;
/** Asked about by HEAD, a bucket that is not there has no other name. An upload that was ended elsewhere answers 404 too. */
const ABSENT = /^(NoSuchBucket|NotFound)$/;
const FULL = /^(QuotaExceeded|InsufficientStorage|XMinioStorageFull|507)$/;
const DIFFERENT = /^(BadDigest|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch)$/;

/** Makes a readable error of one that the server or its client raised; leaves others alone. */
export function translateError(thrown: unknown, location: string): unknown {
  if (isTrestleError(thrown) || !(thrown instanceof Error)) return thrown;
  const status = statusOf(thrown);
  const is = (codes: RegExp): boolean => codes.test(thrown.name) || codes.test(String(status));
  if (is(REFUSED))
    return storeError('REFUSED', {
      kind: 'failed',
      message: `The bucket ${location} says: ${said(thrown)}.`,
      hint: 'Check s3.accessKeyId and s3.secretAccessKey, or the role of this machine, and its rights in the bucket.',
      cause: thrown,
    });
  if (ABSENT.test(thrown.name))
    return storeError('NO_BUCKET', {
      kind: 'failed',
      message: `There is no bucket ${location}.`,
      hint: 'Make it, or check s3.bucket, s3.endpoint and s3.region in the configuration.',
      cause: thrown,
    });
  if (is(FULL))
    return storeError('FULL', {
      kind: 'failed',
      message: `The bucket ${location} is full.`,
      hint: 'Free some space there and run the command again; nothing was half-written.',
      cause: thrown,
    });
  if (is(DIFFERENT))
    return storeError('UNREACHABLE', {
      kind: 'unavailable',
      message: `What arrived at ${location} is not what was sent.`,
      hint: 'Something between here and there changes content. Nothing was kept; try again.',
      retryAfterS: 1,
      cause: thrown,
    });
  // A mistake of ours has none of what the client and the sockets put on their errors.
  if (
    status === undefined &&
    !('code' in thrown) &&
    !('$metadata' in thrown) &&
    !/timed? ?out|body/i.test(thrown.message)
  )
    return thrown;
  return storeError('UNREACHABLE', {
    kind: 'unavailable',
    message: `The bucket ${location} cannot be reached: ${said(thrown)}.`,
    hint: 'Check s3.endpoint, and that the server runs and answers. Nothing was half-written; try again.',
    retryAfterS: 1,
    cause: thrown,
  });
}

const said = (thrown: Error): string => {
  const text = thrown.message === '' || thrown.message === 'UnknownError' ? thrown.name : thrown.message;
  return text.replace(/\.$/, '');
};

function statusOf(thrown: Error): number | undefined {
  if (!('$metadata' in thrown)) return undefined;
  const { $metadata } = thrown;
  if (typeof $metadata !== 'object' || $metadata === null || !('httpStatusCode' in $metadata))
    return undefined;
  return typeof $metadata.httpStatusCode === 'number' ? $metadata.httpStatusCode : undefined;
}
