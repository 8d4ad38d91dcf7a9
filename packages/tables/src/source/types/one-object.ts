import { shellWord } from '@trestle/kernel';

/**
 * What is to be said of a JSON text that is one object, and so one row, where that holds what may be meant as rows: it is not
 * guessed which.
 *
 * @param row the only one, as `scanJson` gives it
 */
export function oneObjectNote(shown: string, names: readonly string[], row: string): string | undefined {
  const record: Readonly<Record<string, string>> = JSON.parse(`{${row}}`);
  const values = names.map((name, index) => ({ name, text: record[index] ?? '' }));
  const rows = values.find(({ text }) => /^j\[\s*[{[]/.test(text));
  const one = `"${shown}" holds one object, and so one row.`;
  if (rows)
    return `${one} If the rows are those of ${JSON.stringify(rows.name)}, take them out first: jq ${shellWord(`.[${JSON.stringify(rows.name)}]`)} ${shellWord(shown)} > rows.json`;
  const isColumns = values.length > 0 && values.every(({ text }) => /^j(\[|\{\s*"0")/.test(text));
  return isColumns
    ? `${one} If its fields are columns, write it as a list of one object for each row (of pandas: orient="records").`
    : undefined;
}
