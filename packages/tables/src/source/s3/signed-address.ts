import process from 'node:process';
import { dataError } from '../../data-error.ts';

/** How long a signed address holds, in seconds: it is used at once. */
const EXPIRES_S = 900;

/** What is asked of a bucket: one of its objects, or with an empty path the bucket itself. */
export interface S3Request {
  readonly bucket: string;
  /** Percent-encoded, without a slash in front. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** Ready to be fetched; the host is that which the environment chose. */
export interface SignedAddress {
  readonly address: string;
  readonly host: string;
}

/**
 * A signed http(s) address. Credentials, region and endpoint are those that every S3 tool takes from the environment:
 * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL.
 *
 * @throws TRS_DATA_S3 without credentials
 */
export async function signedAddress(
  { bucket, path, query = {} }: S3Request,
  env: NodeJS.ProcessEnv = process.env,
): Promise<SignedAddress> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey) {
    throw dataError('S3', {
      kind: 'invalid',
      message: 'There are no credentials for S3.',
      hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_REGION, AWS_ENDPOINT_URL).',
    });
  }
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const url = new URL(
    endpoint
      ? `${endpoint.replace(/\/$/, '')}/${bucket}/${path}`
      : `https://${bucket}.s3.${region}.amazonaws.com/${path}`,
  );
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  url.searchParams.set('X-Amz-Expires', String(EXPIRES_S));
  const { AwsV4Signer } = await import('aws4fetch');
  const signer = new AwsV4Signer({
    url: url.href,
    accessKeyId,
    secretAccessKey,
    ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
    service: 's3',
    region,
    signQuery: true,
  });
  return { address: (await signer.sign()).url.href, host: url.hostname };
}
