import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { safeResolve } from '@trestle/kernel';
import { formatsError } from './formats-error.ts';

/** A file or a folder that a user named, and what may be read of it: links are not followed, and nothing is read twice as large. */
export interface ModelSource {
  /** As a person sees it: the last part of the path. */
  readonly name: string;
  /** The file that was named; undefined of a folder. */
  readonly file: string | undefined;
  /** Plain files of the folder, with those of folders in it, by relative paths in order; of a file only itself. */
  readonly files: readonly string[];
  /** The first bytes of a file. */
  head(path: string, bytes?: number): Promise<Uint8Array>;
  /** The last bytes of a file. */
  tail(path: string, bytes: number): Promise<Uint8Array>;
  /**
   * A whole file, taken off what the model may hold in all.
   *
   * @param isNamedByModel whether it was not a person who named it: then it must have no second name elsewhere
   * @throws TRS_DOOR_PATH_REFUSED, TRS_FORMATS_FILE_MISSING, TRS_FORMATS_LINKED_FILE, TRS_FORMATS_TOO_LARGE
   */
  read(path: string, isNamedByModel?: boolean): Promise<Uint8Array>;
  /** SHA-256 in hex of all files that were read whole, in the order of reading. */
  digest(): string;
}

/** Files that a folder of a model may hold: who names a home directory by mistake is told so at once. */
const MOST_FILES = 2_000;
const MOST_DEPTH = 4;
const HEAD_BYTES = 4_096;

/** @param path absolute @param maxBytes of all that is read together @throws TRS_FORMATS_TOO_MANY_FILES */
export async function openSource(path: string, maxBytes: number): Promise<ModelSource> {
  const real = await realpath(path);
  const isFolder = (await stat(real)).isDirectory();
  const root = isFolder ? real : dirname(real);
  const file = isFolder ? undefined : basename(real);
  const files = file === undefined ? await listed(root) : [file];
  const hash = createHash('sha256');
  let left = maxBytes;

  const opened = async <T>(name: string, use: (file: OpenFile) => Promise<T>): Promise<T> => {
    // The file that was named is where it was found; what a model names is looked at part by part.
    const where = name === file ? join(root, name) : await safeResolve(root, name);
    const handle = await open(where, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
      (cause: NodeJS.ErrnoException) => {
        throw missing(name, cause);
      },
    );
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw missing(name);
      return await use({
        size: found.size,
        links: found.nlink,
        async at(offset, length) {
          const bytes = new Uint8Array(length);
          let done = 0;
          while (done < length) {
            const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
            if (bytesRead === 0) break;
            done += bytesRead;
          }
          return bytes.subarray(0, done);
        },
      });
    } finally {
      await handle.close();
    }
  };
  return {
    ...{ name: basename(path), file, files },
    head: (name, bytes = HEAD_BYTES) => opened(name, ({ size, at }) => at(0, Math.min(size, bytes))),
    tail: (name, bytes) =>
      opened(name, ({ size, at }) => at(Math.max(0, size - bytes), Math.min(size, bytes))),
    read: (name, isNamedByModel = false) =>
      opened(name, async ({ size, links, at }) => {
        // A name in a model that is also a file elsewhere would take that file's content in.
        if (isNamedByModel && links > 1)
          throw formatsError('LINKED_FILE', {
            kind: 'invalid',
            message: `"${name}" has a second name elsewhere (a hard link), and is not read as part of a model.`,
            hint: 'Copy the folder, so that its files are its own.',
            details: { file: name },
          });
        if (size > left) throw tooLarge(name, size, maxBytes);
        left -= size;
        const bytes = await at(0, size);
        if (bytes.length < size) throw missing(name);
        hash.update(bytes);
        return bytes;
      }),
    digest: () => hash.copy().digest('hex'),
  };
}

interface OpenFile {
  readonly size: number;
  readonly links: number;
  readonly at: (offset: number, length: number) => Promise<Uint8Array>;
}

async function listed(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory() && depth < MOST_DEPTH) await walk(path, depth + 1);
      else if (!entry.isDirectory()) found.push(path);
      if (found.length > MOST_FILES)
        throw formatsError('TOO_MANY_FILES', {
          kind: 'invalid',
          message: `The folder holds more than ${MOST_FILES} files, which no folder of a model does.`,
          hint: 'Name the folder of the model itself, or the file in it.',
        });
    }
  };
  await walk('', 1);
  return found;
}

const missing = (name: string, cause?: NodeJS.ErrnoException) =>
  formatsError('FILE_MISSING', {
    kind: 'invalid',
    message:
      cause?.code === 'ELOOP'
        ? `"${name}" is a link, which is not followed.`
        : `The model needs the file "${name}", which ${cause === undefined || cause.code === 'ENOENT' ? 'is not there' : `cannot be opened (${cause.code})`}.`,
    hint: 'Keep all files of the model in one folder, as they were saved. Of a download cache, copy the files themselves: huggingface-cli download NAME --local-dir DIR.',
    details: { file: name },
    cause,
  });

const tooLarge = (name: string, bytes: number, max: number) =>
  formatsError('TOO_LARGE', {
    kind: 'too-large',
    message: `With the ${bytes} bytes of "${name}" the model would hold more than ${max}.`,
    hint: 'Raise registry.maxModelBytes in the configuration.',
    details: { file: name, bytes, max },
  });
