import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { architectureOfThisMachine, readBaseImage } from './base-image.ts';

describe('a base for an image', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'trestle-base-'));
    await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true });
  });
  afterEach(async () => await rm(dir, { recursive: true }));

  const blob = async (content: string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    await writeFile(join(dir, 'blobs', 'sha256', hex), content);
    return {
      digest: `sha256:${hex}`,
      size: content.length,
      mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    };
  };
  /** A layout with one layer; its pieces can be other ones. */
  const layout = async (
    architecture = architectureOfThisMachine(),
    other: { readonly mediaType?: string; readonly diffIds?: readonly string[] } = {},
  ) => {
    const plain = await blob('a layer');
    const layer = { ...plain, mediaType: other.mediaType ?? plain.mediaType };
    const config = await blob(
      JSON.stringify({
        ...{ architecture, os: 'linux', config: { Env: ['PATH=/opt/node/bin'] } },
        rootfs: { type: 'layers', diff_ids: other.diffIds ?? [layer.digest] },
      }),
    );
    const manifest = await blob(JSON.stringify({ schemaVersion: 2, config, layers: [layer] }));
    await writeFile(join(dir, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [manifest] }));
    return { layer, manifest };
  };

  it('is read with its layers and its environment', async () => {
    const { layer } = await layout();
    expect(await readBaseImage(dir, 'base', dir)).toMatchObject({
      env: ['PATH=/opt/node/bin'],
      layers: [
        {
          digest: layer.digest,
          bytes: 7,
          diffId: layer.digest,
          mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        },
      ],
    });
  });

  it.each([
    [
      'a layer that is not what its digest says',
      async () => await spoil((await layout()).layer.digest),
      /layer .* does not match its digest/,
    ],
    [
      'a manifest that is not what its digest says',
      async () => await spoil((await layout()).manifest.digest),
      /does not match its digest/,
    ],
    ['another processor', async () => void (await layout('s390x')), /it is for s390x/],
    ['no index', async () => {}, /index\.json is not there/],
    [
      'an index of something else',
      async () => await writeFile(join(dir, 'index.json'), '{"manifests": []}'),
      /not as the image layout has it/,
    ],
    [
      'an index that is no JSON',
      async () => await writeFile(join(dir, 'index.json'), '{'),
      /not as the image layout has it/,
    ],
    [
      'a kind of layer that nobody here knows',
      async () => void (await layout(undefined, { mediaType: 'application/vnd.else' })),
      /"application\/vnd\.else" is not known/,
    ],
    [
      'layers that its configuration does not tell of',
      async () => void (await layout(undefined, { diffIds: [] })),
      /it has 1 layers, and tells of 0/,
    ],
    [
      'a digest that climbs',
      async () =>
        await writeFile(
          join(dir, 'index.json'),
          JSON.stringify({ manifests: [{ mediaType: 'x', digest: 'sha256:../../../etc/passwd', size: 1 }] }),
        ),
      /not as the image layout has it/,
    ],
  ])('is refused with %s', async (_, make, why) => {
    await make();
    await expect(readBaseImage(dir, 'base', dir)).rejects.toMatchObject({
      code: 'TRS_CONTAINER_BASE',
      message: expect.stringMatching(why),
    });
  });

  it('is refused when it is no tar, or not there', async () => {
    await writeFile(join(dir, 'image.tar'), 'a'.repeat(2_000));
    for (const name of ['image.tar', 'nothing'])
      await expect(readBaseImage(join(dir, name), name, dir)).rejects.toMatchObject({
        code: 'TRS_CONTAINER_BASE',
      });
  });

  const spoil = (digest: string) => writeFile(join(dir, 'blobs', ...digest.split(':')), 'something else');
});
