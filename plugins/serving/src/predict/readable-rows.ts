import type { Model, Prediction, Row } from '@trestle/model';

/** A row that the model cannot read, and why. */
export interface BadRow {
  readonly row: number;
  readonly field: string;
  readonly reason: string;
}

/** Rows of which the reasons are told; of all of them how many. */
const TOLD = 100;

/** Counts bad rows over the batches of a file. */
export function skippedRows() {
  const examples: BadRow[] = [];
  let rows = 0;
  return {
    add(bad: BadRow): void {
      rows += 1;
      if (examples.length < TOLD) examples.push(bad);
    },
    found: () => ({ rows, examples: [...examples] }),
  };
}

/** Answers the rows that the model can read. @param onBad told of each of the others */
export async function answerReadable(
  model: Model,
  asked: readonly Row[],
  onBad: (bad: BadRow) => void,
): Promise<{ readonly rows: readonly number[]; readonly predictions: readonly Prediction[] }> {
  let rows = [...asked.keys()].filter((row) => {
    const refused = model.refused(asked[row] ?? {});
    if (refused) onBad({ row, ...refused });
    return !refused;
  });
  for (;;) {
    try {
      return { rows, predictions: await model.predict(rows.map((row) => asked[row] ?? {})) };
    } catch (thrown) {
      // What shows only when it is looked at: an image that cannot be decoded, an answer that is no number.
      const bad = badRowOf(thrown);
      const row = bad && rows[bad.row];
      if (!bad || row === undefined) throw thrown;
      onBad({ ...bad, row });
      rows = rows.filter((one) => one !== row);
    }
  }
}

/** The row that an error is of. */
export function badRowOf(thrown: unknown): BadRow | undefined {
  const details = thrown instanceof Error && 'details' in thrown ? thrown.details : undefined;
  if (typeof details !== 'object' || details === null || !('row' in details)) return undefined;
  const { field, reason } = { field: '', reason: '', ...details };
  return { row: Number(details.row), field, reason };
}
