import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry, ZipFile } from 'yauzl';
import { doorError } from './door-error.ts';
import { safeResolve } from './safe-resolve.ts';

export interface ExtractLimits {
  readonly maxFiles?: number;
  readonly maxTotalBytes?: number;
  /** Extracted bytes per compressed byte. */
  readonly maxRatio?: number;
}

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
 * @throws TRS_DOOR_ARCHIVE_REFUSED with the reason
 */
export async function safeExtract(archive: string, dir: string, limits: ExtractLimits = {}): Promise<void> {
  const all = { ...DEFAULT_LIMITS, ...limits };
  await mkdir(dir, { recursive: true });
  try {
    const zip = await open(archive);
    try {
      await extractAll(zip, archive, dir, all);
    } finally {
      zip.close();
    }
  } catch (cause) {
    await rm(dir, { recursive: true, force: true });
    if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('TRS_')) throw cause;
    throw refused(archive, cause instanceof Error ? cause.message : String(cause));
  }
}

const open = async (archive: string): Promise<ZipFile> =>
  (await import('yauzl')).openPromise(archive, { lazyEntries: true, strictFileNames: true });

async function extractAll(
  zip: ZipFile,
  archive: string,
  dir: string,
  limits: Required<ExtractLimits>,
): Promise<void> {
  const seen = new Set<string>();
  const budget = { files: 0, bytes: 0 };
  for await (const entry of zip.eachEntry()) {
    checkEntry(entry, archive);
    if (++budget.files > limits.maxFiles)
      throw refused(archive, `it holds more than ${limits.maxFiles} files`);
    const path = await safeResolve(dir, entry.fileName.replace(/\/$/, '').replaceAll('%', '%25'));
    // Some file systems do not tell cases apart: the second file would overwrite the first.
    const key = path.toLowerCase();
    if (seen.has(key)) throw refused(archive, `"${entry.fileName}" is in it twice`);
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
    );
  }
}

function checkEntry(entry: Entry, archive: string): void {
  const mode = (entry.externalFileAttributes >>> 16) & FILE_TYPE_MASK;
  if (!FILE_TYPES.has(mode)) throw refused(archive, `"${entry.fileName}" is a link or a device`);
  if (entry.isEncrypted()) throw refused(archive, `"${entry.fileName}" is encrypted`);
}

function count(
  entry: Entry,
  archive: string,
  limits: Required<ExtractLimits>,
  budget: { bytes: number },
): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      budget.bytes += chunk.length;
      const isBomb = bytes > RATIO_FREE_BYTES && bytes > limits.maxRatio * Math.max(1, entry.compressedSize);
      if (isBomb)
        return done(refused(archive, `"${entry.fileName}" grows more than ${limits.maxRatio} times`));
      if (budget.bytes > limits.maxTotalBytes)
        return done(refused(archive, `it holds more than ${limits.maxTotalBytes} bytes`));
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
