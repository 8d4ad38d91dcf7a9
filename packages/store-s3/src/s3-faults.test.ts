import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Blobs, blobsToken } from '@trestle/store';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isThere, newBucket, s3Project, type Trouble, troubled, why } from './s3-project.test.setup.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.skipIf(!isThere)(`a bucket that is in trouble${why}`, () => {
  let bucket: string;
  let trouble: (method: string, headers: NodeJS.Dict<string | string[]>) => Trouble = () => ({});
  let way: Awaited<ReturnType<typeof troubled>>;
  let project: Awaited<ReturnType<typeof s3Project>>;
  let blobs: Blobs;
  /** The blobs, without what is cached of them. */
  const fresh = async (): Promise<Blobs> => {
    await rm(join(project.dir, '.trestle', 'cache'), { recursive: true, force: true });
    return await (await project.open()).service(blobsToken);
  };
  beforeAll(async () => {
    bucket = await newBucket();
    way = await troubled((...asked) => trouble(...asked));
    project = await s3Project({ bucket, endpoint: way.endpoint });
    blobs = await fresh();
  });
  afterEach(() => {
    trouble = () => ({});
    way.seen.length = 0;
  });
  afterAll(async () => {
    await project?.remove();
    await way?.close();
  });

  it('is asked again when it is overloaded, or answers with an error of its own', async () => {
    for (const status of [500, 503]) {
      let refusals = 2;
      trouble = () => (refusals-- > 0 ? { answer: status } : {});
      const { digest } = await blobs.put(bytes(`after ${status}`));
      trouble = () => ({});
      expect(Buffer.from(await (await fresh()).read(digest)).toString()).toBe(`after ${status}`);
    }
  });

  it('is gone on with where a body broke off', async () => {
    const content = randomBytes(300_000);
    const { digest } = await blobs.put(content);
    const again = await fresh();
    let cuts = 3;
    trouble = (method) => (method === 'GET' && cuts-- > 0 ? { cutAfter: 70_000 } : {});
    expect((await readFile(await again.localPath(digest))).equals(content)).toBe(true);
    expect(way.seen.filter((request) => request.startsWith('GET bytes='))).toHaveLength(3);
  });

  it('keeps nothing that was changed on its way there', async () => {
    trouble = (method) => (method === 'PUT' ? { changes: 'request' } : {});
    await expect(blobs.put(bytes('whole'))).rejects.toMatchObject({ code: 'TRS_STORE_UNREACHABLE' });
    trouble = () => ({});
    expect(await blobs.has(createHash('sha256').update('whole').digest('hex'))).toBe(false);
  });

  it('gives nothing that was changed on its way back', async () => {
    const { digest } = await blobs.put(bytes('true'));
    const again = await fresh();
    trouble = (method) => (method === 'GET' ? { changes: 'answer' } : {});
    await expect(again.read(digest)).rejects.toMatchObject({ code: 'TRS_STORE_BLOB_CORRUPT' });
  });

  it('is given up when it says nothing, or is not there', async () => {
    trouble = () => ({ answer: 'silence' });
    for (const endpoint of [way.endpoint, 'http://127.0.0.1:1']) {
      const gone = await s3Project({ bucket, endpoint, silenceMs: 300 });
      try {
        const elsewhere = await (await gone.open()).service(blobsToken);
        await expect(elsewhere.ready()).rejects.toMatchObject({
          code: 'TRS_STORE_UNREACHABLE',
          retryAfterS: 1,
        });
        await expect(elsewhere.put(bytes('x'))).rejects.toMatchObject({ code: 'TRS_STORE_UNREACHABLE' });
      } finally {
        await gone.remove();
      }
    }
  });

  it('takes large content in parts, of which nothing is seen until all are there', async () => {
    const content = randomBytes(40 * 2 ** 20);
    const digest = createHash('sha256').update(content).digest('hex');
    let puts = 0;
    trouble = (method) => (method === 'PUT' && ++puts > 2 ? { answer: 403 } : {});
    await expect(blobs.put(content)).rejects.toMatchObject({ code: 'TRS_STORE_REFUSED' });
    trouble = () => ({});
    expect(await blobs.has(digest)).toBe(false);
    expect(await blobs.put(content)).toEqual({ digest, bytes: content.length });
    expect(way.seen.filter((request) => request === 'PUT').length).toBe(puts + 3);
    expect((await readFile(await (await fresh()).localPath(digest))).equals(content)).toBe(true);
  });

  it('says which bucket or key it does not know, and shows no secret', async () => {
    for (const [settings, code] of [
      [{ bucket: 'trestle-nowhere' }, 'TRS_STORE_NO_BUCKET'],
      [{ bucket, secretAccessKey: 'canary-7f3a9' }, 'TRS_STORE_REFUSED'],
    ] as const) {
      const other = await s3Project(settings);
      try {
        const elsewhere = await (await other.open()).service(blobsToken);
        await expect(elsewhere.put(bytes('x'))).rejects.toMatchObject({
          code,
          message: expect.not.stringContaining('canary'),
        });
      } finally {
        await other.remove();
      }
    }
  });
});
