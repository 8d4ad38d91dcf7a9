import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Host } from '@trestle/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openProject } from '../src/open-project.ts';

const address = URL.parse(process.env.TRESTLE_TEST_S3 ?? '');
const why = address === null ? ' (not run: no S3 server in TRESTLE_TEST_S3)' : '';
const bucket = `trestle-${randomUUID().slice(0, 8)}`;
const server = {
  ENDPOINT: address?.origin ?? '',
  ACCESS_KEY_ID: address?.username ?? '',
  SECRET_ACCESS_KEY: address?.password ?? '',
};
const place = `s3://${bucket}/flats`;

/** 200 flats, whose rent follows from their size. */
const csv = `size,rent\n${Array.from({ length: 200 }, (_, n) => `${n % 50},${(n % 50) * 30 + (n % 7)}`).join('\n')}\n`;

describe.skipIf(address === null)(`a project that moves to a bucket${why}`, { timeout: 120_000 }, () => {
  let dir: string;
  let files: string;
  let host: Host;
  // biome-ignore lint/suspicious/noExplicitAny: what is looked at is what a caller sees, whatever its type says
  const call = async (operation: string, input: unknown = {}): Promise<any> =>
    await host.runById(operation, input, { surface: 'cli' });
  const reopen = async (blobs?: string): Promise<void> => {
    await host?.close();
    vi.stubEnv('TRESTLE_BLOBS', blobs);
    for (const [name, value] of Object.entries(server))
      vi.stubEnv(`TRESTLE_S3__${name}`, blobs === undefined ? undefined : value);
    host = await openProject(dir);
  };
  beforeAll(async () => {
    vi.stubEnv('TRESTLE_STORE__RESERVE_BYTES', '0');
    const client = new S3Client({
      endpoint: server.ENDPOINT,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials: { accessKeyId: server.ACCESS_KEY_ID, secretAccessKey: server.SECRET_ACCESS_KEY },
    });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    dir = await mkdtemp(join(tmpdir(), 'trestle-bucket-'));
    files = join(dir, '.trestle', 'blobs');
    await writeFile(join(dir, 'trestle.config.json'), '{}');
    await writeFile(join(dir, 'flats.csv'), csv);
    await reopen();
    await call('data.add', { path: join(dir, 'flats.csv'), name: 'flats' });
    await call('train', { data: 'flats', target: 'rent', estimator: 'linear', register: 'flats' });
  }, 120_000);
  afterAll(async () => {
    await host?.close();
    vi.unstubAllEnvs();
    await rm(dir, { recursive: true, force: true });
  });

  it('copies what is whole, names what is damaged, and goes on where it was', async () => {
    await reopen(place);
    const names = (await readdir(files, { recursive: true })).filter((name) => /^..\/.{62}$/.test(name));
    const [damaged = ''] = names;
    await chmod(join(files, damaged), 0o644);
    const whole = await readFile(join(files, damaged));
    await writeFile(join(files, damaged), 'something else');
    await expect(call('store.copy', { from: 'files', to: 's3' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_COPY_DAMAGED',
      details: { damaged: [damaged.replace('/', '')] },
    });
    await writeFile(join(files, damaged), whole);
    expect(await call('store.copy', { from: 'files', to: 's3' })).toMatchObject({
      checked: true,
      copied: 1,
      skipped: names.length - 1,
      bytes: whole.length,
    });
  });

  it('goes on there without its files, and moves back', async () => {
    await rm(files, { recursive: true });
    await reopen(place);
    const path = join(dir, 'flats.csv');
    expect((await call('predict', { model: 'flats', input: path })).rows).toBe(200);
    expect(await call('data.add', { path: await longer(), name: 'flats' })).toMatchObject({ version: 2 });
    expect(await call('model.verify', { model: 'flats' })).toMatchObject({ verified: true });
    const { store } = await call('doctor');
    expect(store).toMatchObject({ ok: true, blobs: { engine: 'S3', location: `${place}/` } });
    await expect(call('store.copy', { from: 's3', to: 'ftp' })).rejects.toMatchObject({
      code: 'TRS_SYSTEM_UNKNOWN_PLACE',
    });
    expect((await call('store.copy', { from: 's3', to: 'files' })).copied).toBeGreaterThan(3);
    await reopen();
    expect(await call('data.show', { name: 'flats' })).toMatchObject({ version: 2, rows: 201 });
  });

  it('names it by TRESTLE_BLOBS, which is refused when it is none', async () => {
    vi.stubEnv('TRESTLE_BLOBS', 'https://canary-7f3a9');
    await expect(openProject(dir)).rejects.toMatchObject({
      code: 'TRS_CLI_BLOBS',
      message: expect.not.stringContaining('canary'),
    });
  });

  const longer = async (): Promise<string> => {
    const path = join(dir, 'longer.csv');
    await writeFile(path, `${csv}9,9\n`);
    return path;
  };
});
