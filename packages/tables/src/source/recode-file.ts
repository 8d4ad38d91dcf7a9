import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { dataError } from '../data-error.ts';

/** Writes a text of another encoding as UTF-8. @throws TRS_DATA_ENCODING for an unknown or a wrong encoding */
export async function recodeFile(
  from: string,
  to: string,
  {
    shown,
    encoding,
    signal,
  }: { readonly shown: string; readonly encoding: string; readonly signal: AbortSignal },
): Promise<void> {
  const decoder = decoderOf(encoding);
  await pipeline(
    createReadStream(from),
    async function* (chunks: AsyncIterable<Buffer>) {
      let bytes = 0;
      for await (const chunk of chunks) {
        yield decode(() => decoder.decode(chunk, { stream: true }), bytes);
        bytes += chunk.length;
      }
      yield decode(() => decoder.decode(), bytes);
    },
    createWriteStream(to, { flags: 'wx' }),
    { signal },
  );

  function decode(work: () => string, offset: number): string {
    try {
      return work();
    } catch (cause) {
      throw dataError('ENCODING', {
        kind: 'invalid',
        message: `"${shown}" is no ${encoding} text, from byte ${offset} on.`,
        hint: 'Name its encoding with --encoding, for example windows-1252.',
        details: { offset },
        cause,
      });
    }
  }
}

function decoderOf(encoding: string) {
  try {
    return new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw dataError('ENCODING', {
      kind: 'invalid',
      message: `There is no encoding "${encoding}".`,
      hint: 'Names are those of the WHATWG: utf-8, utf-16le, windows-1252, iso-8859-15, shift_jis, …',
      cause,
    });
  }
}
