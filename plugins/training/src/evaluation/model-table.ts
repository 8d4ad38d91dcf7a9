import type { Table, TableColumn } from '@trestle/features';
import { type Feature, readWritten } from '@trestle/model';
import { labelTexts } from '../table/target.ts';
import { trainError } from '../train-error.ts';

/**
 * A dataset's columns in the types that a model takes: a category of digits may be kept as numbers there, and a number as a text that
 * is written as those of the training were.
 *
 * @throws TRS_TRAIN_UNREADABLE naming the row of a text that says no number
 */
export function modelTable({ columns, rows }: Table, features: readonly Feature[]): Table {
  return {
    rows,
    columns: Object.fromEntries(
      features.flatMap((feature) => {
        const column = columns[feature.name];
        return column ? [[feature.name, asTaken(feature, column)]] : [];
      }),
    ),
  };
}

function asTaken({ name, type, written }: Feature, column: TableColumn): TableColumn {
  if (type === 'category' || type === 'text' || type === 'tensor')
    return { type: 'string', values: labelTexts(column) };
  if (type === 'image' || column.type !== 'string') return column;
  const values = Float64Array.from(column.values, (text, row) => {
    if (text.trim() === '') return Number.NaN;
    const plain = type === 'number' ? Number(text) : Number.NaN;
    const value = (written === undefined ? undefined : readWritten(written, text)) ?? plain;
    if (Number.isFinite(value)) return value;
    throw trainError('UNREADABLE', {
      kind: 'invalid',
      message: `The model takes a ${type} in "${name}", and row ${row} (counted from 0) holds ${JSON.stringify(text.slice(0, 80))}.`,
      hint: 'Mend or remove such rows, or empty the cell where nothing is known.',
      details: { column: name, row },
    });
  });
  return { type, values };
}
