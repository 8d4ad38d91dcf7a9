import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Entry, writeLayer } from './layer.ts';

describe('a layer', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-layer-'));
    await writeFile(join(dir, 'program'), 'a program', { mode: 0o700 });
  });
  afterEach(async () => await rm(dir, { recursive: true }));

  const entries = (): [string, Entry][] => [
    ['usr/bin/program', { kind: 'file', from: join(dir, 'program'), bytes: 9, isExecutable: true }],
    ['etc/passwd', { kind: 'text', text: 'root:x:0:0::/:\n' }],
    ['state', { kind: 'folder', mode: 0o700, user: 10_001 }],
    ['usr/bin/also', { kind: 'link', to: 'program' }],
  ];

  it('is the same bytes for the same entries, whatever their order and whenever they were written', async () => {
    const first = await writeLayer(join(dir, 'a'), new Map(entries()));
    await utimes(join(dir, 'program'), 1, 1);
    const second = await writeLayer(join(dir, 'b'), new Map(entries().reverse()));
    expect(second).toEqual({ ...first, file: second.file });
    expect((await readFile(second.file)).equals(await readFile(first.file))).toBe(true);
  });

  it('tells its digest, its size and that of the tar in it', async () => {
    const layer = await writeLayer(join(dir, 'a'), new Map(entries()));
    const written = await readFile(layer.file);
    expect(layer.bytes).toBe(written.length);
    expect(layer.digest).toBe(`sha256:${createHash('sha256').update(written).digest('hex')}`);
    const inner = createHash('sha256');
    await pipeline(createReadStream(layer.file), createGunzip(), inner);
    expect(layer.diffId).toBe(`sha256:${inner.digest('hex')}`);
  });

  it('holds folders before what is in them, nothing of this machine, and what may be run', async () => {
    const layer = await writeLayer(join(dir, 'a'), new Map(entries()));
    const found: Header[] = [];
    const tar = extract();
    tar.on('entry', (header, content, next) => {
      found.push(header);
      content.resume().on('end', next);
    });
    await pipeline(createReadStream(layer.file), createGunzip(), tar);
    expect(found.map(({ name, mode, uid, type }) => [name, mode, uid, type])).toEqual([
      ['etc/', 0o755, 0, 'directory'],
      ['etc/passwd', 0o644, 0, 'file'],
      ['state/', 0o700, 10_001, 'directory'],
      ['usr/', 0o755, 0, 'directory'],
      ['usr/bin/', 0o755, 0, 'directory'],
      ['usr/bin/also', 0o644, 0, 'symlink'],
      ['usr/bin/program', 0o755, 0, 'file'],
    ]);
    expect(found.every(({ mtime }) => mtime?.getTime() === 0)).toBe(true);
  });
});
