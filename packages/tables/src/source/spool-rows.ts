import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { dataError } from '../data-error.ts';
import type { LocalSource } from './local-source.ts';
import type { OpenedRows } from './tables/opened-rows.ts';

const CHUNK_CHARACTERS = 2 ** 18;

/**
 * Streams rows into a file of JSON lines, which the engine reads: whatever they come from, memory holds some of them.
 *
 * @returns the SHA-256 of what was written, and the characters of its longest line
 * @throws TRS_DATA_TOO_LARGE
 */
export async function spoolRows(
  { names, rows }: Pick<OpenedRows, 'names' | 'rows'>,
  to: string,
  {
    shown,
    maxBytes,
    signal,
  }: { readonly shown: string; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<Required<Pick<LocalSource, 'scanned' | 'longestLine'>>> {
  const keys = names.map((name) => `${JSON.stringify(name)}:`);
  const hash = createHash('sha256');
  let longestLine = 0;
  await pipeline(
    async function* () {
      let text = '';
      let written = 0;
      for await (const row of rows) {
        const line = `{${keys.map((key, index) => key + jsonOf(row[index])).join(',')}}\n`;
        longestLine = Math.max(longestLine, line.length);
        text += line;
        if (text.length < CHUNK_CHARACTERS) continue;
        written += text.length;
        if (written > maxBytes) throw tooLarge(shown, maxBytes);
        hash.update(text);
        yield text;
        text = '';
      }
      hash.update(text);
      yield text;
    },
    createWriteStream(to, { flags: 'wx' }),
    { signal },
  );
  return { scanned: Promise.resolve({ digest: hash.digest('hex') }), longestLine };
}

/** A value as JSON that the engine reads back exactly: whole numbers of any size by their digits, bytes as base64. */
function jsonOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number')
    return Object.is(value, -0) ? '-0.0' : Number.isFinite(value) ? String(value) : `"${value}"`;
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'null' : JSON.stringify(value);
  if (typeof value === 'object') return JSON.stringify(JSON.stringify(value, plainBigint));
  return JSON.stringify(value);
}

const plainBigint = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value;

export const tooLarge = (shown: string, maxBytes: number) =>
  dataError('TOO_LARGE', {
    kind: 'too-large',
    message: `"${shown}" gives more than ${maxBytes} bytes.`,
    hint: 'Ask for less, or raise data.maxSourceBytes.',
    details: { maxBytes },
  });
