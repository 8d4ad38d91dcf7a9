import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { invariant } from '@trestle/kernel';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { containerError } from './container-error.ts';
import { GZIP, type Layer } from './layer.ts';

const DIGEST = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: DIGEST,
  size: z.number().int().min(0),
  platform: z.looseObject({ architecture: z.string(), os: z.string() }).optional(),
});
const indexSchema = z.looseObject({ manifests: z.array(descriptorSchema).min(1) });
const manifestSchema = z.looseObject({ config: descriptorSchema, layers: z.array(descriptorSchema).min(1) });
const configSchema = z.looseObject({
  architecture: z.string(),
  os: z.string(),
  config: z.looseObject({ Env: z.array(z.string()).default([]) }).prefault({}),
  rootfs: z.looseObject({ diff_ids: z.array(DIGEST) }),
});

export interface BaseImage {
  readonly layers: readonly (Layer & { readonly mediaType: string })[];
  readonly env: readonly string[];
}

/** Kinds of layers by what docker calls some of them: an image of ours has the names of the specification. */
const LAYERS: Readonly<Record<string, string>> = {
  'application/vnd.oci.image.layer.v1.tar': 'application/vnd.oci.image.layer.v1.tar',
  [GZIP]: GZIP,
  'application/vnd.oci.image.layer.v1.tar+zstd': 'application/vnd.oci.image.layer.v1.tar+zstd',
  'application/vnd.docker.image.rootfs.diff.tar': 'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.docker.image.rootfs.diff.tar.gzip': GZIP,
};

/** A text of an image's that is larger is no manifest. */
const MOST_TEXT = 4 * 2 ** 20;

/**
 * Reads an image that others are built on: a folder with an OCI image layout, or a tar of one. Each part is held against its digest.
 *
 * @param from what lies at the path that is called `path`
 * @param room a folder for what is taken out of a tar
 * @throws TRS_CONTAINER_BASE
 */
export async function readBaseImage(from: string, path: string, room: string): Promise<BaseImage> {
  const found = await stat(from).catch(() => undefined);
  if (!found) throw wrong(path, 'it is not there');
  const dir = found.isDirectory()
    ? from
    : await unpack(from, join(room, 'base')).catch((cause: unknown) => {
        throw wrong(path, 'it is no tar that can be read', cause);
      });
  const blob = (digest: string): string => join(dir, 'blobs', ...digest.split(':'));
  const text = async <T>(schema: z.ZodType<T>, file: string, digest?: string): Promise<T> => {
    const { size } = await stat(file).catch(() => ({ size: MOST_TEXT + 1 }));
    if (size > MOST_TEXT)
      throw wrong(
        path,
        `it is no OCI image layout (${file.slice(dir.length + 1)} is not there, or too large)`,
      );
    const bytes = await readFile(file);
    if (digest !== undefined && `sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest)
      throw wrong(path, `a part does not match its digest ${digest}`);
    const read = schema.safeParse(jsonOf(bytes));
    if (!read.success) throw wrong(path, `${file.slice(dir.length + 1)} is not as the image layout has it`);
    return read.data;
  };
  const arch = architectureOfThisMachine();
  let { manifests } = await text(indexSchema, join(dir, 'index.json'));
  for (let depth = 0; ; depth++) {
    const chosen = manifests.find(
      ({ platform }) => platform === undefined || (platform.os === 'linux' && platform.architecture === arch),
    );
    if (!chosen || depth > 2) throw wrong(path, `it has no image for linux/${arch}`);
    if (/image\.index|manifest\.list/.test(chosen.mediaType)) {
      ({ manifests } = await text(indexSchema, blob(chosen.digest), chosen.digest));
      continue;
    }
    const manifest = await text(manifestSchema, blob(chosen.digest), chosen.digest);
    const config = await text(configSchema, blob(manifest.config.digest), manifest.config.digest);
    if (config.architecture !== arch)
      throw wrong(path, `it is for ${config.architecture}, and this machine is ${arch}`);
    const { diff_ids: diffIds } = config.rootfs;
    if (diffIds.length !== manifest.layers.length)
      throw wrong(path, `it has ${manifest.layers.length} layers, and tells of ${diffIds.length}`);
    const layers = await Promise.all(
      manifest.layers.map(async ({ digest, size, mediaType: called }, at) => {
        const file = blob(digest);
        const mediaType = LAYERS[called];
        if (mediaType === undefined) throw wrong(path, `a layer of the kind "${called}" is not known`);
        if ((await digestOf(file).catch(() => '')) !== digest)
          throw wrong(path, `the layer ${digest} does not match its digest, or is not there`);
        return {
          file,
          digest,
          bytes: size,
          mediaType,
          diffId: invariant(diffIds[at], 'what a layer unpacks to'),
        };
      }),
    );
    return { layers, env: config.config.Env };
  }
}

/** What images call this machine's processor (the values of GOARCH). */
export const architectureOfThisMachine = (): string =>
  ({ x64: 'amd64', ia32: '386' })[String(process.arch)] ?? process.arch;

/** Undefined where it is none: its schema refuses that. */
function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part);
  return `sha256:${hash.digest('hex')}`;
}

/** Takes out what an image layout has, and nothing else: no links, no names of its own. */
async function unpack(file: string, dir: string): Promise<string> {
  await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true });
  const tar = extract();
  tar.on('entry', (header, content, next) => {
    const name = header.name.replace(/^\.\//, '');
    const isWanted =
      header.type === 'file' && /^(index\.json|oci-layout|blobs\/sha256\/[0-9a-f]{64})$/.test(name);
    const to = isWanted
      ? createWriteStream(join(dir, name), { flags: 'wx' })
      : new Writable({ write: (_part, _encoding, done) => done() });
    pipeline(content, to).then(() => next(), next);
  });
  await pipeline(createReadStream(file), tar);
  return dir;
}

const wrong = (path: string, why: string, cause?: unknown) =>
  containerError('BASE', {
    kind: 'invalid',
    message: `"${path}" is no base for an image: ${why}.`,
    hint: 'Give a folder or tar with an OCI image layout for this machine, as "skopeo copy docker://node:24-slim oci:base" makes.',
    cause,
  });
