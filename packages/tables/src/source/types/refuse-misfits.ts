import { dataError } from '../../data-error.ts';
import type { Engine } from '../../engine/engine.ts';
import { type RawColumn, type RawTable, textOf } from './raw-table.ts';
import { type RecordShape, recordLines } from './record-lines.ts';
import { PLACE } from './tagged-table.ts';

/** Values that an error shows. */
const SHOWN = 10;

export interface Misfit {
  /** The line of a text, or the row of a sheet or table. */
  readonly place: number;
  readonly text: string;
}

/** "line" where rows stand in lines. */
export const placeWord = ({ source: { rowsAre = 'lines' } }: RawTable): string =>
  rowsAre === 'lines' ? 'line' : 'row';

/** The first values of a column of which something is true (SQL), with their places, and how many there are. */
export async function findMisfits(
  engine: Engine,
  table: RawTable,
  raw: RawColumn,
  isFound: string,
  shape: RecordShape | undefined,
): Promise<{ readonly count: number; readonly first: readonly Misfit[] }> {
  const place = shape ? 'row_number() OVER ()' : `"${PLACE}"`;
  const rows = await engine.rows(
    `SELECT place, left(text, 200) AS text, count(*) OVER () AS n FROM (SELECT ${place} AS place, ${textOf(raw)} AS text, ${isFound} AS found FROM ${table.relation}) WHERE found ORDER BY place LIMIT ${SHOWN}`,
  );
  const places = rows.map((row) => Number(row.place));
  const lines = shape ? await recordLines(table.source.path, shape, places) : places;
  return {
    count: Number(rows[0]?.n ?? 0),
    first: rows.map((row, index) => ({ place: lines[index] ?? places[index] ?? 0, text: String(row.text) })),
  };
}

/** @throws TRS_DATA_BAD_ROWS showing values of a column that are not what it is said, or known, to be */
export function refuseMisfits(
  table: RawTable,
  name: string,
  wanted: string,
  { count, first }: { readonly count: number; readonly first: readonly Misfit[] },
  hint: string,
): never {
  const word = placeWord(table);
  const { shown } = table.source;
  const [one] = first;
  throw dataError('BAD_ROWS', {
    kind: 'invalid',
    message: `"${shown}": ${count} ${count === 1 ? 'row does' : 'rows do'} not fit. ${word === 'line' ? 'Line' : 'Row'} ${one?.place}: ${JSON.stringify(one?.text)} in column "${name}" is no ${wanted}.`,
    hint: [hint, ...first.map(({ place, text }) => `${word} ${place}: ${text}`)].join('\n  '),
    details: {
      badRows: count,
      rows: first.map(({ place, text }) => ({
        line: place,
        field: name,
        reason: `no ${wanted}`,
        content: text,
      })),
    },
  });
}
