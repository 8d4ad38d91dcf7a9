import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { containerError } from './container-error.ts';
import type { Layer } from './layer.ts';

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
  readonly architecture: string;
  readonly env: readonly string[];
}

/** A text of an image's that is larger is no manifest. */
const MOST_TEXT = 4 * 2 ** 20;

/**
 * Reads an image that others are built on: a folder with an OCI image layout, or a tar of one. Each part is held against its digest.
 *
 * @param room a folder for what is taken out of a tar
 * @throws TRS_CONTAINER_BASE
 */
export async function readBaseImage(path: string, room: string): Promise<BaseImage> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw wrong(path, 'it is not there');
  const dir = found.isDirectory() ? path : await unpack(path, join(room, 'base'));
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
    const read = schema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (!read.success) throw wrong(path, `${file.slice(dir.length + 1)} is not as the image layout has it`);
    return read.data;
  };
  const { arch } = platformOfThisMachine();
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
    const layers = await Promise.all(
      manifest.layers.map(async ({ digest, size, mediaType }, at) => {
        const file = blob(digest);
        if ((await digestOf(file).catch(() => '')) !== digest)
          throw wrong(path, `the layer ${digest} does not match its digest, or is not there`);
        return { file, digest, bytes: size, mediaType, diffId: config.rootfs.diff_ids[at] ?? '' };
      }),
    );
    return { layers, architecture: arch, env: config.config.Env };
  }
}

/** What images call this machine's processor (the values of GOARCH). */
export function platformOfThisMachine(): { readonly arch: string } {
  return { arch: { x64: 'amd64', ia32: '386', arm: 'arm' }[String(process.arch)] ?? process.arch };
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
  await pipeline(createReadStream(file), tar).catch((cause: unknown) => {
    throw wrong(file, 'it is no tar that can be read', cause);
  });
  return dir;
}

const wrong = (path: string, why: string, cause?: unknown) =>
  containerError('BASE', {
    kind: 'invalid',
    message: `"${path}" is no base for an image: ${why}.`,
    hint: 'Give a folder or tar with an OCI image layout for this machine, as "skopeo copy docker://node:24-slim oci:base" makes.',
    cause,
  });
