import type { DatasetVersion } from '@trestle/contracts';
import type { Table } from '@trestle/features';
import { shellWord } from '@trestle/kernel';

/** What is to be said of columns of whole numbers, or decimals, of which a float64 does not hold each. */
export function roundedNotes(
  table: Table,
  names: readonly string[],
  columns: DatasetVersion['columns'],
): readonly string[] {
  return names.flatMap((name) => {
    const { type, stored } = columns.find((column) => column.name === name) ?? {};
    const column = table.columns[name];
    if (!column || column.type === 'string' || column.type === 'image') return [];
    const places = Number(/,(\d+)\)$/.exec(stored ?? '')?.[1] ?? 0);
    if (type !== 'integer' && places === 0) return [];
    const most = Number.MAX_SAFE_INTEGER / 10 ** places;
    const count = column.values.reduce((sum, value) => sum + Number(Math.abs(value) > most), 0);
    if (count === 0) return [];
    const what = places === 0 ? 'whole numbers beyond 2^53' : 'decimals of more than 15 digits';
    return [
      `"${name}": ${count} of its values are ${what}, and the nearest float64 to the model: some that differ may be one. An identifier is no feature: --exclude ${shellWord(name)}`,
    ];
  });
}
