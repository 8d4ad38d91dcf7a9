import type { Row } from '@trestle/model';

/** Counts what a model reads as other numbers than came, over the batches of an answer. */
export function roundingNotes() {
  const found = new Map<string, { count: number; readonly row: number; readonly value: number }>();
  return {
    /**
     * @param fields of each row, as the model names them
     * @param before rows of the answer that came earlier
     */
    take(rows: readonly Row[], fields: readonly (readonly string[] | undefined)[], before = 0): void {
      for (const [index, names] of fields.entries())
        for (const name of names ?? []) {
          const known = found.get(name);
          if (known) known.count++;
          else found.set(name, { count: 1, row: before + index, value: Number(rows[index]?.[name]) });
        }
    },
    /** A sentence for each column. */
    notes: (): readonly string[] =>
      [...found].map(([name, { count, row, value }]) => {
        const what = Number.isSafeInteger(value) || !Number.isInteger(value) ? 'float32' : 'float64';
        const values = `${count} ${count === 1 ? 'value is' : 'values are'}`;
        return `"${name}": ${values} not what the model reads, but the nearest ${what} to it, the first ${value} in row ${row}: numbers that differ may be one to it.`;
      }),
  };
}
