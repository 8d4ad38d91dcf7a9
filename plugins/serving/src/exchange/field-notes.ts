import type { Row } from '@trestle/model';

/** Fields that something is to be said of: in how many rows, and the first of them. */
interface Noted {
  count: number;
  readonly row: number;
  readonly value: unknown;
}

/** Collects fields over the batches of an answer, to say something once of each. */
function fieldNotes(sentence: (name: string, noted: Noted) => string) {
  const found = new Map<string, Noted>();
  return {
    /**
     * @param fields of each row
     * @param before rows of the answer that came earlier
     */
    take(rows: readonly Row[], fields: readonly (readonly string[] | undefined)[], before = 0): void {
      for (const [index, names] of fields.entries())
        for (const name of names ?? []) {
          const known = found.get(name);
          if (known) known.count++;
          else found.set(name, { count: 1, row: before + index, value: rows[index]?.[name] });
        }
    },
    /** A sentence for each column. */
    notes: (): readonly string[] => [...found].map(([name, noted]) => sentence(name, noted)),
  };
}

/** What a model reads as other numbers than came. */
export const roundingNotes = () =>
  fieldNotes((name, { count, row, value }) => {
    const what = Number.isInteger(value) && !Number.isSafeInteger(value) ? 'float64' : 'float32';
    const values = `${count} ${count === 1 ? 'value is' : 'values are'}`;
    return `"${name}": ${values} not what the model reads, but the nearest ${what} to it, the first ${value} in row ${row}: numbers that differ may be one to it.`;
  });

/** Categories that training did not have. */
export const unseenNotes = () =>
  fieldNotes((name, { count, row, value }) => {
    const values = `${count} ${count === 1 ? 'value is' : 'values are'}`;
    return `"${name}": ${values} none that the model was trained on, the first ${JSON.stringify(value)} in row ${row}.`;
  });
