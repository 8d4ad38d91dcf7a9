import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { ExportRequest } from '@trestle/contracts';
import { pack } from 'tar-stream';
import { architectureOfThisMachine, type BaseImage, readBaseImage } from './base-image.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { containerError } from './container-error.ts';
import { type Entry, GZIP, type Layer, USER_ID, writeLayer } from './layer.ts';
import { NODE, nodeOfThisMachine } from './node-of-this-machine.ts';
import { filesOf, programOfThisProcess } from './program.ts';

const EPOCH = new Date(0);
const PORT = 7070;

interface Part extends Layer {
  readonly mediaType: string;
  readonly madeBy: string;
}

/**
 * Writes an image of a server with a model: a tar with an OCI image layout, which `docker load` takes too. The same model, program, Node and options give
 * the same bytes.
 */
export async function writeImage(
  request: ExportRequest,
): Promise<{ readonly digest: string; readonly bytes: number }> {
  const { model, out, options, progress, signal } = request;
  const tag = tagOf(options.tag ?? `${model.name.toLowerCase()}:${model.version}`);
  const room = `${out}.room`;
  await mkdir(room);
  try {
    const parts: Part[] = [];
    const begin = (step: string, fraction: number): void => {
      signal.throwIfAborted();
      progress({ step, fraction });
    };
    begin('the base', 0);
    const base: BaseImage | undefined =
      options.base === undefined
        ? undefined
        : await readBaseImage(await request.read(options.base), options.base, room);
    if (base) parts.push(...base.layers.map((layer) => ({ ...layer, madeBy: 'the base' })));
    else
      parts.push({
        ...(await writeLayer(`${room}/node`, await nodeOfThisMachine())),
        mediaType: GZIP,
        madeBy: 'Node and its libraries',
      });
    begin('the program', 0.4);
    const program = await programOfThisProcess();
    const files = new Map<string, Entry>();
    for (const each of program.packages)
      for (const [place, entry] of await filesOf(each)) files.set(place, entry);
    parts.push({
      ...(await writeLayer(`${room}/program`, files)),
      mediaType: GZIP,
      madeBy: 'trestle and what it needs',
    });
    begin('the model', 0.8);
    const subject = { name: model.name, version: String(model.version), digest: model.digest };
    parts.push({
      ...(await writeLayer(
        `${room}/model`,
        await modelEntries(request, billOfMaterials(subject, program.packages)),
      )),
      ...{ mediaType: GZIP, madeBy: `${model.name}@${model.version}` },
    });
    begin('the image', 0.9);
    const node = base ? 'node' : NODE;
    return await writeArchive(out, tag, parts, imageConfig(model, parts, base, [node, program.main]));
  } finally {
    await rm(room, { recursive: true, force: true });
  }
}

/** The model, and a project that nothing but the volume of its state is written to. */
async function modelEntries(
  { model, file }: ExportRequest,
  bill: string,
): Promise<ReadonlyMap<string, Entry>> {
  const config = { server: { auth: 'tokens', anonymous: ['serving:predict', 'serving:read'] } };
  return new Map<string, Entry>([
    [
      `models/${model.name}.onnx`,
      { kind: 'file', from: file, bytes: (await stat(file)).size, isExecutable: false },
    ],
    ['project/trestle.config.json', { kind: 'text', text: `${JSON.stringify(config, null, 2)}\n` }],
    ['project/.trestle', { kind: 'folder', mode: 0o700, user: USER_ID }],
    ['app/sbom.cdx.json', { kind: 'text', text: bill }],
  ]);
}

function imageConfig(
  model: ExportRequest['model'],
  parts: readonly Part[],
  base: BaseImage | undefined,
  command: readonly string[],
) {
  const serve = ['serve', '--project', '/project', '--models', '/models', '--host', '0.0.0.0'];
  const healthy = `fetch('http://127.0.0.1:${PORT}/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
  return {
    architecture: architectureOfThisMachine(),
    os: 'linux',
    created: EPOCH.toISOString(),
    config: {
      User: `${USER_ID}:${USER_ID}`,
      ExposedPorts: { [`${PORT}/tcp`]: {} },
      Env: [...(base?.env ?? ['PATH=/usr/local/bin:/usr/bin:/bin']), 'NODE_ENV=production'],
      Entrypoint: [...command, ...serve],
      WorkingDir: '/project',
      Volumes: { '/project/.trestle': {} },
      StopSignal: 'SIGTERM',
      Healthcheck: {
        Test: ['CMD', command[0], '-e', healthy],
        Interval: 10e9,
        Timeout: 3e9,
        StartPeriod: 20e9,
        Retries: 3,
      },
      Labels: {
        'org.opencontainers.image.title': model.name,
        'org.opencontainers.image.version': String(model.version),
        'org.trestle.model.digest': model.digest,
        'org.trestle.sbom': '/app/sbom.cdx.json',
      },
    },
    rootfs: { type: 'layers', diff_ids: parts.map(({ diffId }) => diffId) },
    history: parts.map(({ madeBy }) => ({ created: EPOCH.toISOString(), created_by: madeBy })),
  };
}

/** An image layout (OCI Image Format Specification, "Image Layout Specification") with the `manifest.json` that `docker load` reads, in one tar. */
async function writeArchive(out: string, tag: string, parts: readonly Part[], config: object) {
  const configText = JSON.stringify(config);
  const manifestText = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...describeText(configText) },
    layers: parts.map(({ mediaType, digest, bytes }) => ({ mediaType, digest, size: bytes })),
  });
  const manifest = describeText(manifestText);
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        ...manifest,
        annotations: {
          'org.opencontainers.image.ref.name': tag,
          'io.containerd.image.name': `docker.io/library/${tag}`,
        },
      },
    ],
  };
  const docker = [
    {
      Config: blobName(describeText(configText).digest),
      RepoTags: [tag],
      Layers: parts.map(({ digest }) => blobName(digest)),
    },
  ];
  const tar = pack();
  const written = pipeline(tar, createWriteStream(out, { flags: 'wx' }));
  const text = (name: string, content: string): void =>
    void tar.entry({ name, mtime: EPOCH, mode: 0o644 }, content);
  const fill = async (): Promise<void> => {
    text('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }));
    text('index.json', JSON.stringify(index));
    text('manifest.json', JSON.stringify(docker));
    for (const content of [configText, manifestText]) text(blobName(describeText(content).digest), content);
    const written = new Set<string>();
    for (const { digest, bytes, file } of parts) {
      // A base may hold a layer twice.
      if (written.has(digest)) continue;
      written.add(digest);
      await pipeline(
        createReadStream(file),
        tar.entry({ name: blobName(digest), mtime: EPOCH, mode: 0o644, size: bytes }),
      );
    }
    tar.finalize();
  };
  await Promise.all([written, fill()]);
  const handle = await open(out, 'r');
  await handle.sync().finally(() => handle.close());
  return { digest: manifest.digest.slice('sha256:'.length), bytes: (await stat(out)).size };
}

const blobName = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

const describeText = (text: string) => ({
  digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
  size: Buffer.byteLength(text),
});

/** A name as registries take it (OCI Distribution Specification, "Pulling manifests"). */
function tagOf(text: string): string {
  if (
    /^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\d+\/[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)?:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(
      text,
    )
  )
    return text;
  throw containerError('TAG', {
    kind: 'invalid',
    message: `"${text}" is no name of an image.`,
    hint: 'Write it as NAME:TAG, in small letters: --option tag=churn:3.',
  });
}
