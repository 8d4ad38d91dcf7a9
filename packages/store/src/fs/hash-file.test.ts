import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readChunks } from '@trestle/kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashFile } from './hash-file.ts';

describe('the parts of a file', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-read-chunks-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it.each([0, 1, 2 ** 20, 3 * 2 ** 20 + 7])('are all of its %i bytes, in order', async (size) => {
    const content = randomBytes(size);
    await writeFile(join(dir, 'file'), content);
    const parts: Buffer[] = [];
    for await (const part of readChunks(join(dir, 'file'))) parts.push(Buffer.from(part));
    expect(Buffer.concat(parts).equals(content)).toBe(true);
    const digest = createHash('sha256').update(content).digest('hex');
    expect(await hashFile(join(dir, 'file'))).toEqual({ digest, bytes: size });
  });

  it('can be given up in the middle, and are not there without the file', async () => {
    await writeFile(join(dir, 'file'), randomBytes(3 * 2 ** 20));
    for await (const part of readChunks(join(dir, 'file'))) {
      expect(part).toHaveLength(2 ** 20);
      break;
    }
    await expect(readChunks(join(dir, 'none')).next()).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
