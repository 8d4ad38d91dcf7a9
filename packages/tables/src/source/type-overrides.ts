import { didYouMean } from '@trestle/kernel';
import { type ColumnType, columnTypeSchema } from '@trestle/statistics';
import { dataError } from '../data-error.ts';
import type { Reading } from './reading.ts';

/** Reads `COLUMN=TYPE`; the last `=` parts them, so that a name may hold one. @throws TRS_DATA_TYPE */
export function typeOverrides(texts: readonly string[] = []): ReadonlyMap<string, ColumnType> {
  return new Map(
    texts.map((text) => {
      const at = text.lastIndexOf('=');
      const type = columnTypeSchema.safeParse(text.slice(at + 1));
      if (at > 0 && type.success) return [text.slice(0, at), type.data];
      throw dataError('TYPE', {
        kind: 'invalid',
        message: `"${text}" does not name a column and a type.`,
        hint: `Write COLUMN=TYPE; types: ${columnTypeSchema.options.join(', ')}.`,
      });
    }),
  );
}

/** @throws TRS_DATA_UNKNOWN_COLUMN when a type is given for a column that is not there, or a word that stands for none in it */
export function checkOverrides(
  { types, columnNulls = [] }: Pick<Reading, 'types' | 'columnNulls'>,
  names: readonly string[],
  shown: string,
): void {
  for (const name of types?.keys() ?? [])
    if (!names.includes(name)) throw unknown(name, 'type', names, shown);
  for (const word of columnNulls) {
    // A name may hold an equals sign too.
    if (names.some((name) => word.startsWith(`${name}=`))) continue;
    throw unknown(word.slice(0, word.indexOf('=')), 'missing value', names, shown);
  }
}

const unknown = (name: string, what: string, names: readonly string[], shown: string) =>
  dataError('UNKNOWN_COLUMN', {
    kind: 'invalid',
    message: `"${shown}" has no column "${name}" to give a ${what} to.${didYouMean(name, names)}`,
    hint: `Columns: ${names.slice(0, 50).join(', ')}.`,
    details: { column: name },
  });
