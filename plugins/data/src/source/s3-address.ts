import process from 'node:process';
import { dataError } from '../data-error.ts';

/** How long a signed address holds, in seconds: it is used at once. */
const EXPIRES_S = 900;

/**
 * A signed http(s) address for `s3://bucket/key`. Credentials, region and endpoint are those that every S3 tool takes from
 * the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL.
 *
 * @throws TRS_DATA_S3
 */
export async function s3Address(
  named: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<{ readonly address: string; readonly host: string }> {
  const { host: bucket, pathname } = new URL(named);
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey || bucket === '' || pathname.length < 2) {
    throw dataError('S3', {
      kind: 'invalid',
      message:
        bucket === '' || pathname.length < 2
          ? `"${named}" does not name a bucket and a key.`
          : 'There are no credentials for S3.',
      hint: 'Write s3://BUCKET/KEY, and set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (AWS_REGION, AWS_ENDPOINT_URL).',
    });
  }
  const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1';
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  const url = new URL(
    endpoint
      ? `${endpoint.replace(/\/$/, '')}/${bucket}${pathname}`
      : `https://${bucket}.s3.${region}.amazonaws.com${pathname}`,
  );
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
