import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { tooLarge } from '../spool-rows.ts';

const CHUNK_CHARACTERS = 2 ** 18;

/** Of what is written down. */
export interface SpooledTexts {
  /** SHA-256 of it, in hex. */
  readonly digest: string;
  /** Characters of the longest line. */
  readonly longestLine: number;
  readonly characters: number;
}

/**
 * Writes rows down as JSON lines of tagged texts, which `taggedTable` reads: memory holds some of them.
 *
 * @param rows the insides of objects: `"0":"n1.10","#":17`
 * @throws TRS_DATA_TOO_LARGE
 */
export async function spoolTexts(
  rows: AsyncIterable<string> | Iterable<string>,
  to: string,
  {
    shown,
    maxBytes,
    signal,
  }: { readonly shown: string; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<SpooledTexts> {
  const hash = createHash('sha256');
  let longestLine = 0;
  let characters = 0;
  await pipeline(
    async function* () {
      let text = '';
      for await (const row of rows) {
        longestLine = Math.max(longestLine, row.length + 3);
        text += `{${row}}\n`;
        if (text.length < CHUNK_CHARACTERS) continue;
        characters += text.length;
        if (characters > 2 * maxBytes) throw tooLarge(shown, maxBytes);
        hash.update(text);
        yield text;
        text = '';
      }
      characters += text.length;
      hash.update(text);
      yield text;
    },
    createWriteStream(to, { flags: 'wx' }),
    { signal },
  );
  return { digest: hash.digest('hex'), longestLine, characters };
}

/** Values of a row by their columns' places, as `spoolTexts` takes them. */
export function taggedRow(values: readonly unknown[], place: number): string {
  const parts = values.flatMap((value, index) => {
    const text = taggedText(value);
    return text === undefined ? [] : [`"${index}":${JSON.stringify(text)}`];
  });
  return [...parts, `"#":${place}`].join(',');
}

/** A value behind the letter of its kind: s a string, n a number, b a truth, j nested; undefined for none. */
export function taggedText(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string') return `s${value}`;
  if (typeof value === 'number') return `n${numberText(value)}`;
  if (typeof value === 'bigint') return `n${value}`;
  if (typeof value === 'boolean') return `b${value}`;
  if (value instanceof Uint8Array) return `s${Buffer.from(value).toString('base64')}`;
  return `j${JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))}`;
}

/** Numbers that are none as the engine writes them: in a column of others they are values. */
const NO_NUMBER: Readonly<Record<string, string>> = { NaN: 'nan', Infinity: 'inf', '-Infinity': '-inf' };

/** A double as Python and the engine write it: 1.0, 0.5, 1e-05, 1e+16, inf. */
export function numberText(value: number): string {
  const word = NO_NUMBER[String(value)];
  if (word !== undefined) return word;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16))
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  const text = Object.is(value, -0) ? '-0' : String(value);
  return text.includes('.') ? text : `${text}.0`;
}
