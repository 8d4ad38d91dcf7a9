import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { isTrestleError } from '@trestle/kernel';
import { dataError } from '../data-error.ts';

/** As with archives: what grows more than this many times, beyond the free part, was made to fill the disk. */
const MAX_RATIO = 200;
const RATIO_FREE_BYTES = 256 * 2 ** 20;

/** Expands a compressed file. @throws TRS_DATA_COMPRESSED when it is cut off or damaged, TRS_DATA_TOO_LARGE */
export async function expandFile(
  from: string,
  to: string,
  options: {
    readonly shown: string;
    readonly compression: 'gzip' | 'zstd';
    readonly maxBytes: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { shown, compression, maxBytes, signal } = options;
  const { size } = await stat(from);
  const limit = Math.min(maxBytes, Math.max(RATIO_FREE_BYTES, size * MAX_RATIO));
  let bytes = 0;
  const limiter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes <= limit) return done(null, chunk);
      done(
        dataError('TOO_LARGE', {
          kind: 'too-large',
          message: `"${shown}" expands to more than ${limit} bytes, from ${size}.`,
          hint: 'Expand it yourself if you trust it, or raise data.maxSourceBytes.',
          details: { limit, size },
        }),
      );
    },
  });
  try {
    const expander = compression === 'gzip' ? createGunzip() : createZstdDecompress();
    await pipeline(createReadStream(from), expander, limiter, createWriteStream(to, { flags: 'wx' }), {
      signal,
    });
  } catch (cause) {
    signal.throwIfAborted();
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (isTrestleError(cause) || !/^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB|ERR_BUFFER)/.test(code)) throw cause;
    throw dataError('COMPRESSED', {
      kind: 'invalid',
      message: `"${shown}" is cut off, or no ${compression} file: ${cause instanceof Error ? cause.message : cause}.`,
      hint: 'Copy it again, and check its end.',
      cause,
    });
  }
}
