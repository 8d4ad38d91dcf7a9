import { createHash } from 'node:crypto';
import type { BackupFolder, PieceKind } from './backup-folder.ts';

/** A piece ends where a line's digest begins with 8 zero bits, so that what is added or changed in one place leaves the others as they were. */
const END = '00';
const LEAST_BYTES = 64 * 2 ** 10;
const MOST_BYTES = 4 * 2 ** 20;

export interface PieceWriter {
  /** @param digest of the line, in hex: it decides where pieces end */
  add(line: string, digest: string): Promise<void>;
  /** @returns the digests of all pieces, in their order */
  end(): Promise<readonly string[]>;
  /** Of what was not there yet, as it lies in the folder. */
  readonly written: () => number;
}

/** Writes lines in pieces whose ends follow from the lines themselves. */
export function pieceWriter(folder: BackupFolder, kind: Exclude<PieceKind, 'blob'>): PieceWriter {
  const digests: string[] = [];
  let lines: string[] = [];
  let bytes = 0;
  let written = 0;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    const content = Buffer.from(lines.join(''));
    lines = [];
    bytes = 0;
    const digest = createHash('sha256').update(content).digest('hex');
    digests.push(digest);
    if (!(await folder.has(kind, digest))) written += await folder.write(kind, digest, once(content));
  };
  return {
    async add(line, digest) {
      lines.push(`${line}\n`);
      bytes += Buffer.byteLength(line) + 1;
      if ((bytes >= LEAST_BYTES && digest.startsWith(END)) || bytes >= MOST_BYTES) await flush();
    },
    async end() {
      await flush();
      return digests;
    },
    written: () => written,
  };
}

async function* once(content: Uint8Array): AsyncIterable<Uint8Array> {
  yield content;
}

/** The lines of pieces, one after the other. */
export async function* linesOf(
  folder: BackupFolder,
  kind: Exclude<PieceKind, 'blob'>,
  pieces: readonly string[],
): AsyncIterable<string> {
  for (const digest of pieces) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of folder.read(kind, digest)) chunks.push(chunk);
    // Whole, and its digest compared, before a line of it is used.
    const text = Buffer.concat(chunks).toString('utf8');
    yield* text.split('\n').slice(0, -1);
  }
}
