import { dataError } from '../data-error.ts';

/** What is appended, and what comes from the next of several files, must bring the same columns. @throws TRS_DATA_COLUMNS_DIFFER */
export function matchColumns<Column extends { readonly name: string }>(
  base: readonly Column[],
  found: readonly { readonly name: string }[],
  shown: string,
): readonly Column[] {
  const names = new Set(found.map((column) => column.name));
  const missing = base.filter((column) => !names.has(column.name)).map((column) => column.name);
  const known = new Set(base.map((column) => column.name));
  const added = found.filter((column) => !known.has(column.name)).map((column) => column.name);
  if (missing.length === 0 && added.length === 0) return base;
  throw dataError('COLUMNS_DIFFER', {
    kind: 'invalid',
    message: `"${shown}" does not have the columns of the dataset:${missing.length > 0 ? ` it lacks ${missing.join(', ')}` : ''}${added.length > 0 ? ` it adds ${added.join(', ')}` : ''}.`,
    hint: 'Append rows with the same columns, or add a new version without --append.',
    details: { missing, added },
  });
}
