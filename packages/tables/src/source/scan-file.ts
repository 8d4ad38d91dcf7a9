import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { readChunks } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import type { Scanned } from './local-source.ts';

const [NUL, LF, CR] = [0, 10, 13];

/** The bytes of a file. To be asked before anything opens it: a pipe would be waited for. @throws TRS_DATA_NOT_A_FILE */
export async function fileSize(path: string, shown: string): Promise<number> {
  const found = await stat(path);
  if (found.isFile()) return found.size;
  throw dataError('NOT_A_FILE', {
    kind: 'invalid',
    message: `"${shown}" is not a file.`,
    hint: 'Name one file.',
  });
}

/** What one pass over a source file tells: its SHA-256, and for plain text that it is text, and whether a CR is in it. */
export async function scanFile(path: string, shown: string, isText: boolean): Promise<Required<Scanned>> {
  const hash = createHash('sha256');
  let bytes = 0;
  let hasReturns = false;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of readChunks(path)) {
    hash.update(chunk);
    if (isText) {
      if (bytes === 0) refuseUtf16(chunk, shown);
      hasReturns ||= chunk.includes(CR);
      const text = checkText(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]));
      if (text.badAt !== undefined)
        throw await notText(path, shown, bytes - rest.length + text.badAt, text.isNul === true);
      // The chunk's own memory is read into again.
      rest = Buffer.from(text.rest);
    }
    bytes += chunk.length;
  }
  if (rest.length > 0) throw await notText(path, shown, bytes - rest.length, false);
  if (bytes === 0)
    throw dataError('EMPTY', {
      kind: 'invalid',
      message: `"${shown}" is empty.`,
      hint: 'Name a file with rows.',
    });
  return { digest: hash.digest('hex'), hasReturns };
}

function refuseUtf16(start: Buffer, shown: string): void {
  const isUtf16 = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff);
  if (isUtf16) {
    throw dataError('ENCODING', {
      kind: 'invalid',
      message: `"${shown}" is UTF-16.`,
      hint: `Say so with --encoding ${start[0] === 0xff ? 'utf-16le' : 'utf-16be'}, or save it as UTF-8.`,
    });
  }
}

/** Checks whole characters: the start of one that the next chunk completes, or where a byte is that belongs to none. */
function checkText(bytes: Buffer): {
  readonly rest: Buffer;
  readonly badAt?: number;
  readonly isNul?: boolean;
} {
  const nul = bytes.indexOf(NUL);
  if (nul >= 0) return { rest: bytes, badAt: nul, isNul: true };
  // A character has at most four bytes, so at most three can be waiting for the rest.
  for (let waiting = 0; waiting <= 3; waiting++) {
    if (isUtf8(bytes.subarray(0, bytes.length - waiting)))
      return { rest: bytes.subarray(bytes.length - waiting) };
  }
  return { rest: bytes, badAt: firstBadByte(bytes) };
}

function firstBadByte(bytes: Buffer): number {
  let [good, bad] = [0, bytes.length];
  while (good + 1 < bad) {
    const middle = (good + bad) >> 1;
    // Up to three bytes may be an unfinished character rather than a wrong one.
    const isGood = [0, 1, 2, 3].some(
      (waiting) => isUtf8(bytes.subarray(0, Math.max(0, middle - waiting))) && middle - waiting >= good,
    );
    if (isGood) good = middle;
    else bad = middle;
  }
  return good;
}

/** Lines are counted only when there is something to tell: doing it for every file would take longer than its digest. */
export async function lineOf(path: string, offset: number): Promise<number> {
  if (offset === 0) return 1;
  let line = 1;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, end: offset - 1 })) {
    const bytes: Uint8Array = chunk;
    for (const byte of bytes) if (byte === LF) line++;
  }
  return line;
}

async function notText(path: string, shown: string, offset: number, isNul: boolean) {
  const line = await lineOf(path, offset);
  if (isNul)
    return dataError('ENCODING', {
      kind: 'invalid',
      message: `"${shown}" holds a NUL (byte ${offset}, in line ${line}), which no text has.`,
      hint: `Check that it is the right file. If it is UTF-16, say so with --encoding utf-16le; else take the NULs out: tr -d '\\0' < FILE`,
      details: { line, offset },
    });
  return dataError('ENCODING', {
    kind: 'invalid',
    message: `"${shown}" is no UTF-8 text: byte ${offset}, in line ${line}, does not belong there.`,
    hint: 'Name its encoding with --encoding, for example windows-1252, or check that it is the right file.',
    details: { line, offset },
  });
}
