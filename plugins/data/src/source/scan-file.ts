import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dataError } from '../data-error.ts';

/** What one pass over a source file tells: its SHA-256, and for plain text that it is text. */
export async function scanFile(
  path: string,
  shown: string,
  isText: boolean,
): Promise<{ readonly digest: string; readonly bytes: number }> {
  const found = await stat(path);
  if (!found.isFile()) {
    throw dataError('NOT_A_FILE', {
      kind: 'invalid',
      message: `"${shown}" is not a file.`,
      hint: 'Name one file.',
    });
  }
  const hash = createHash('sha256');
  let bytes = 0;
  let lines = 1;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    hash.update(chunk);
    if (isText) {
      if (bytes === 0) refuseUtf16(chunk, shown);
      rest = checkText(Buffer.concat([rest, chunk]), shown, lines, bytes - rest.length);
      lines += countLines(chunk);
    }
    bytes += chunk.length;
  }
  if (rest.length > 0) throw notText(shown, lines, bytes - rest.length);
  if (bytes === 0)
    throw dataError('EMPTY', {
      kind: 'invalid',
      message: `"${shown}" is empty.`,
      hint: 'Name a file with rows.',
    });
  return { digest: hash.digest('hex'), bytes };
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

/** Checks whole characters; gives back the start of one that the next chunk completes. */
function checkText(bytes: Buffer, shown: string, line: number, offset: number): Buffer {
  if (bytes.includes(0))
    throw notText(shown, line + countLines(bytes.subarray(0, bytes.indexOf(0))), offset + bytes.indexOf(0));
  // A character has at most four bytes, so at most three can be waiting for the rest.
  for (let waiting = 0; waiting <= 3; waiting++) {
    if (isUtf8(bytes.subarray(0, bytes.length - waiting))) return bytes.subarray(bytes.length - waiting);
  }
  const at = firstBadByte(bytes);
  throw notText(shown, line + countLines(bytes.subarray(0, at)), offset + at);
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

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (const byte of bytes) if (byte === 10) lines++;
  return lines;
}

const notText = (shown: string, line: number, offset: number) =>
  dataError('ENCODING', {
    kind: 'invalid',
    message: `"${shown}" is no UTF-8 text: byte ${offset}, in line ${line}, does not belong there.`,
    hint: 'Name its encoding with --encoding, for example windows-1252, or check that it is the right file.',
    details: { line, offset },
  });
