import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { promisify } from 'node:util';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

const { TRESTLE_TEST_POSTGRES: url, TRESTLE_TEST_S3 } = process.env;
const s3 = URL.parse(TRESTLE_TEST_S3 ?? '');
const isThere = url !== undefined && s3 !== null;
const why = isThere
  ? ''
  : ' (not run: it needs a database in TRESTLE_TEST_POSTGRES and a bucket server in TRESTLE_TEST_S3)';
const schema = `trestle_test_${randomUUID().slice(0, 8)}`;

describe.skipIf(!isThere)(`the guide to a team server${why}`, () => {
  let guide: Guide;
  afterAll(async () => {
    vi.unstubAllEnvs();
    await guide?.remove();
    await promisify(execFile)('psql', [String(url), '-qc', `DROP SCHEMA IF EXISTS "${schema}" CASCADE`]);
  });

  it('is so: its commands print what it says', async () => {
    vi.stubEnv('DATABASE_URL', url);
    vi.stubEnv('TRESTLE_POSTGRES__SCHEMA', schema);
    vi.stubEnv('BUCKET', schema.replaceAll('_', '-'));
    vi.stubEnv('S3_ENDPOINT', s3?.origin);
    vi.stubEnv('AWS_ACCESS_KEY_ID', s3?.username);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', s3?.password);
    const client = new S3Client({ endpoint: s3?.origin ?? '', forcePathStyle: true, region: 'us-east-1' });
    await client.send(new CreateBucketCommand({ Bucket: schema.replaceAll('_', '-') }));
    guide = await openGuide('guides/team-server.md');
    expect(await guide.types(['trestle.config.ts'])).toBe('');
    expect(await guide.printed()).toMatch(guide.says);
  });
});
