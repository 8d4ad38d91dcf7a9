import { didYouMean } from '@trestle/kernel';
import { type ColumnType, columnTypeSchema } from '@trestle/statistics';
import { dataError } from '../data-error.ts';

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

/** @throws TRS_DATA_UNKNOWN_COLUMN when a type is given for a column that is not there */
export function checkOverrides(
  overrides: ReadonlyMap<string, ColumnType>,
  names: readonly string[],
  shown: string,
): void {
  for (const name of overrides.keys()) {
    if (names.includes(name)) continue;
    throw dataError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `"${shown}" has no column "${name}" to give a type to.${didYouMean(name, names)}`,
      hint: `Columns: ${names.slice(0, 50).join(', ')}.`,
      details: { column: name },
    });
  }
}
