import type { Column, DatasetVersion, LoadOptions } from '@trestle/contracts';
import { identifier, literal } from '@trestle/tables/sql';
import { dataError } from '../data-error.ts';
import { chooseColumns } from '../version/read-batches.ts';

/** The columns that are loaded as numbers. @throws TRS_DATA_UNKNOWN_COLUMN, TRS_DATA_NOT_NUMBERS */
export function numberColumns(
  { columns: all }: DatasetVersion,
  { columns, classes = {}, images = {} }: LoadOptions,
): readonly Column[] {
  const rest = all.map(({ name }) => name).filter((name) => !Object.hasOwn(images, name));
  const chosen = chooseColumns(all, columns ?? rest);
  const text = chosen.find(({ name, type }) => type === 'string' && !Object.hasOwn(classes, name));
  if (!text) return chosen;
  throw dataError('NOT_NUMBERS', {
    kind: 'invalid',
    message: `The column "${text.name}" holds texts, which cannot be loaded as numbers.`,
    hint: 'Name the columns to load, name its "classes", or encode it first.',
    details: { column: text.name },
  });
}

/** A column as FLOAT without NULL. */
export function floatOf({ name, type, nulls }: Column, classes: LoadOptions['classes'] = {}): string {
  const list = Object.hasOwn(classes, name) ? classes[name] : undefined;
  const column = list
    ? `nullif(list_position([${list.map(literal).join(', ')}]::VARCHAR[], ${identifier(name)}::VARCHAR), 0) - 1`
    : type === 'timestamp'
      ? `epoch_ms(${identifier(name)})`
      : identifier(name);
  const float = `CAST(${column} AS FLOAT)`;
  return nulls === 0 && !list ? float : `coalesce(${float}, 'nan'::FLOAT)`;
}
