import type { LocalSource } from '../local-source.ts';
import { numberText, spoolTexts, taggedText } from './spool-texts.ts';

/**
 * Rows that a program made, by the names of their columns, as a local source of which the types are looked for: a string is one
 * whatever it looks like, a number what it is, a date a time.
 *
 * @param names the columns; grows by those that rows bring
 * @param to a file that is not there yet
 * @throws TRS_DATA_TOO_LARGE
 */
export async function objectSource(
  rows: AsyncIterable<Readonly<Record<string, unknown>>>,
  names: string[],
  to: string,
  options: { readonly shown: string; readonly maxBytes: number; readonly signal: AbortSignal },
): Promise<LocalSource> {
  const places = new Map(names.map((name, index) => [name, index]));
  const texts = (async function* () {
    let count = 0;
    for await (const row of rows) {
      count++;
      const parts: string[] = [];
      for (const [name, value] of Object.entries(row)) {
        const index = places.get(name) ?? names.push(name) - 1;
        places.set(name, index);
        const text = objectText(value);
        if (text !== undefined) parts.push(`"${index}":${JSON.stringify(text)}`);
      }
      yield [...parts, `"#":${count}`].join(',');
    }
  })();
  const { digest, longestLine } = await spoolTexts(texts, to, options);
  return {
    path: to,
    shown: options.shown,
    format: 'jsonl',
    scanned: Promise.resolve({ digest }),
    texts: names,
    rowsAre: 'rows',
    longestLine,
  };
}

function objectText(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : `s${value.toISOString()}`;
  if (typeof value !== 'number') return taggedText(value);
  // A program has no other whole numbers than these.
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return `n${value}`;
  return `n${numberText(value)}`;
}
