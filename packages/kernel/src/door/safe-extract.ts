import { createWriteStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { isTrestleError } from '../error/trestle-error.ts';
import { doorError } from './door-error.ts';
import { resolveDecoded } from './safe-resolve.ts';

export interface ExtractLimits {
  readonly maxFiles?: number;
  readonly maxTotalBytes?: number;
  /** Extracted bytes per compressed byte, of each file and of the whole. */
  readonly maxRatio?: number;
  readonly signal?: AbortSignal;
}

type Limits = Required<Omit<ExtractLimits, 'signal'>> & Pick<ExtractLimits, 'signal'>;

const DEFAULT_LIMITS = { maxFiles: 10_000, maxTotalBytes: 2 ** 32, maxRatio: 200 };
/** Small files may compress better than the ratio allows without harm. */
const RATIO_FREE_BYTES = 2 ** 20;
const FILE_TYPE_MASK = 0o170000;
const FILE_TYPES = new Set([0, 0o100000, 0o040000]);

/**
 * Extracts a zip archive into a folder that does not exist yet. Links, names that climb, repeated names and encrypted
 * entries are refused; bytes are counted as they come, not as the archive declares them. What was extracted before a
 * refusal is removed.
 *
 * @throws TRS_DOOR_ARCHIVE_REFUSED with the reason, TRS_DOOR_FOLDER_EXISTS
 */
export async function safeExtract(archive: string, dir: string, limits: ExtractLimits = {}): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  // Only what was made here may be removed below; and what somebody prepared there could lead elsewhere.
  await mkdir(dir).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    throw doorError('FOLDER_EXISTS', {
      kind: 'conflict',
      message: `The archive ${archive} is not extracted: ${dir} exists already.`,
      hint: 'Name a folder that does not exist.',
    });
  });
  try {
    const archiveBytes = (await stat(archive)).size;
    const zip = await open(archive);
    try {
      await extractAll(zip, { path: archive, bytes: archiveBytes }, dir, { ...DEFAULT_LIMITS, ...limits });
    } finally {
      zip.close();
    }
  } catch (cause) {
    await rm(dir, { recursive: true, force: true });
    limits.signal?.throwIfAborted();
    if (isTrestleError(cause)) throw cause;
    throw refused(archive, cause instanceof Error ? cause.message : String(cause));
  }
}

interface Archive {
  readonly path: string;
  readonly bytes: number;
}

const open = async (archive: string): Promise<ZipFile> =>
  (await import('yauzl')).openPromise(archive, { lazyEntries: true, strictFileNames: true });

async function extractAll(zip: ZipFile, archive: Archive, dir: string, limits: Limits): Promise<void> {
  const seen = new Set<string>();
  const budget = { files: 0, bytes: 0 };
  for await (const entry of zip.eachEntry()) {
    limits.signal?.throwIfAborted();
    checkEntry(entry, archive.path);
    if (++budget.files > limits.maxFiles)
      throw refused(archive.path, `it holds more than ${limits.maxFiles} files`);
    const path = await resolveDecoded(dir, entry.fileName.replace(/\/$/, '')).catch((cause: unknown) => {
      const reason = isTrestleError(cause) ? cause.details.reason : cause;
      throw refused(archive.path, `its entry ${JSON.stringify(entry.fileName.slice(0, 200))}: ${reason}`);
    });
    // Some file systems tell neither cases nor compositions of a letter apart: the second file would overwrite the first.
    const key = path.normalize('NFC').toLowerCase();
    if (seen.has(key)) throw refused(archive.path, `"${entry.fileName}" is in it twice`);
    seen.add(key);
    if (entry.fileName.endsWith('/')) {
      await mkdir(path, { recursive: true });
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    const stream = await zip.openReadStreamPromise(entry);
    await pipeline(
      stream,
      count(entry, archive, limits, budget),
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
      limits.signal ? { signal: limits.signal } : {},
    );
  }
}

function checkEntry(entry: Entry, archive: string): void {
  const mode = (entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK;
  if (!FILE_TYPES.has(mode)) throw refused(archive, `"${entry.fileName}" is a link or a device`);
  if (entry.isEncrypted()) throw refused(archive, `"${entry.fileName}" is encrypted`);
}

function count(entry: Entry, archive: Archive, limits: Limits, budget: { bytes: number }): Transform {
  let bytes = 0;
  const isBomb = (extracted: number, compressed: number): boolean =>
    extracted > RATIO_FREE_BYTES && extracted > limits.maxRatio * Math.max(1, compressed);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      budget.bytes += chunk.length;
      // Entries may share their compressed bytes (Fifield 2019), so that each alone looks harmless.
      if (isBomb(bytes, entry.compressedSize) || isBomb(budget.bytes, archive.bytes))
        return done(refused(archive.path, `"${entry.fileName}" grows more than ${limits.maxRatio} times`));
      if (budget.bytes > limits.maxTotalBytes)
        return done(refused(archive.path, `it holds more than ${limits.maxTotalBytes} bytes`));
      done(null, chunk);
    },
  });
}

const refused = (archive: string, reason: string) =>
  doorError('ARCHIVE_REFUSED', {
    kind: 'invalid',
    message: `The archive ${archive} is refused: ${reason}.`,
    hint: 'Check where it comes from, or extract it yourself.',
    details: { reason },
  });
