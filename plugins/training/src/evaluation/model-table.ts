import type { Table, TableColumn } from '@trestle/features';
import type { Feature } from '@trestle/model';

/** A dataset's columns in the types that a model takes: a category of digits may be kept as numbers there. */
export function modelTable({ rows, columns }: Table, features: readonly Feature[]): Table {
  return {
    rows,
    columns: Object.fromEntries(
      features.map((feature) => [feature.name, asTaken(feature, columns[feature.name], rows)]),
    ),
  };
}

function asTaken({ type }: Feature, column: TableColumn | undefined, rows: number): TableColumn {
  if (type === 'category') {
    if (column?.type === 'string') return column;
    const values = Array.from({ length: rows }, (_, row) => {
      const value = column && column.type !== 'image' ? Number(column.values[row]) : Number.NaN;
      if (Number.isNaN(value)) return '';
      return column?.type === 'boolean' ? String(value === 1) : String(value);
    });
    return { type: 'string', values };
  }
  if (column && column.type !== 'string') return column;
  // A text that says no number is missing, as everywhere.
  const numbers = Float64Array.from({ length: rows }, (_, row) => {
    const text = column?.values[row]?.trim() ?? '';
    return text === '' ? Number.NaN : Number(text);
  });
  return { type: type === 'image' ? 'number' : type, values: numbers };
}
