import { createReadStream } from 'node:fs';
import { dataError } from '../data-error.ts';

const [LF, CR] = [10, 13];

/** The engine reads a text whose lines all end alike, and does not say where another end stands. @throws TRS_DATA_LINE_ENDS */
export async function checkLineEnds(path: string, shown: string, quote: string): Promise<void> {
  const quoted = quote.charCodeAt(0);
  let [line, first, before, isQuoted] = [1, 0, 0, false];
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    const bytes: Uint8Array = chunk;
    for (const byte of bytes) {
      if (byte === quoted) isQuoted = !isQuoted;
      else if (byte === LF) {
        const end = before === CR ? CR : LF;
        if (!isQuoted) first ||= end;
        if (!isQuoted && end !== first) throw mixed(shown, line, end === CR);
        line++;
      }
      before = byte;
    }
  }
}

const mixed = (shown: string, line: number, isCrLf: boolean) =>
  dataError('LINE_ENDS', {
    kind: 'invalid',
    message: `"${shown}": line ${line} ends with ${isCrLf ? 'CR LF' : 'LF'}, the lines before it with ${isCrLf ? 'LF' : 'CR LF'}.`,
    hint: 'Make all ends alike (sed -i "s/\\r$//" FILE).',
    details: { line },
  });
