import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

/** How the layers that are written here are kept (OCI Image Format Specification, "Image Layer Filesystem Changeset"). */
export const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** The user that nobody is outside: not root, and no user of a usual base image. */
export const USER_ID = 10_001;

/** What lies in a layer, by its path without a slash in front. */
export type Entry =
  | { readonly kind: 'folder'; readonly mode?: number; readonly user?: number }
  | { readonly kind: 'file'; readonly from: string; readonly bytes: number; readonly isExecutable: boolean }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly to: string };

export interface Layer {
  /** The gzipped file. */
  readonly file: string;
  /** SHA-256 of the file, `sha256:…`. */
  readonly digest: string;
  readonly bytes: number;
  /** SHA-256 of the tar in it (OCI Image Format Specification, "Layer DiffID"). */
  readonly diffId: string;
}

const EPOCH = new Date(0);

/**
 * Writes a layer. The same entries give the same bytes: they are sorted, and nothing of the machine is in them, neither times nor owners.
 *
 * @param file where to write it
 */
export async function writeLayer(file: string, entries: ReadonlyMap<string, Entry>): Promise<Layer> {
  const tar = pack();
  const [inner, outer] = [counted(), counted()];
  // Fast: what is in it is mostly code that was compressed well by whoever made it small.
  const written = pipeline(
    tar,
    inner.through,
    createGzip({ level: 4 }),
    outer.through,
    createWriteStream(file, { flags: 'wx' }),
  );
  await Promise.all([written, fill(tar, withFolders(entries))]);
  return { file, digest: outer.digest(), bytes: outer.bytes(), diffId: inner.digest() };
}

async function fill(tar: ReturnType<typeof pack>, entries: ReadonlyMap<string, Entry>): Promise<void> {
  const names = [...entries.keys()].sort();
  for (const name of names) {
    const entry = entries.get(name);
    if (entry) await add(tar, name, entry);
  }
  tar.finalize();
}

async function add(tar: ReturnType<typeof pack>, name: string, entry: Entry): Promise<void> {
  const owner = { uid: 0, gid: 0, mtime: EPOCH };
  switch (entry.kind) {
    case 'folder': {
      const { mode = 0o755, user = 0 } = entry;
      tar.entry({ ...owner, name: `${name}/`, type: 'directory', mode, uid: user, gid: user });
      return;
    }
    case 'link':
      tar.entry({ ...owner, name, type: 'symlink', linkname: entry.to });
      return;
    case 'text':
      tar.entry({ ...owner, name, mode: 0o644 }, entry.text);
      return;
    case 'file': {
      const mode = entry.isExecutable ? 0o755 : 0o644;
      await pipeline(createReadStream(entry.from), tar.entry({ ...owner, name, mode, size: entry.bytes }));
    }
  }
}

/** The folders above what is there come before it. */
function withFolders(entries: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  const all = new Map<string, Entry>(entries);
  for (const name of entries.keys())
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
      const folder = name.slice(0, at);
      if (!all.has(folder)) all.set(folder, { kind: 'folder' });
    }
  return all;
}

function counted() {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  return {
    through: new Transform({
      transform(part: Buffer, _, done) {
        hash.update(part);
        bytes += part.length;
        done(null, part);
      },
    }),
    digest: () => `sha256:${hash.digest('hex')}`,
    bytes: () => bytes,
  };
}
