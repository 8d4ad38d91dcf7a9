import { Grid } from './grid.tsx';
import { shown } from './shown.tsx';
import { Table } from './table.tsx';

/** More than this is a grid, of which only what is seen is drawn. */
const TABLE_CELLS = 4_000;
const TABLE_COLUMNS = 40;
const [CHARACTER_PX, PADDING_PX, LEAST_PX, MOST_PX] = [8, 30, 70, 340];
/** Rows that are looked at for how wide a column has to be. */
const MEASURED = 50;

export interface RowColumn {
  readonly key: string;
  readonly label: string;
  readonly isNumber: boolean;
}

/** Rows of values as they are: a table where there are few, a grid where there are many. */
export function Rows(props: {
  caption: string;
  columns: readonly RowColumn[];
  rows: readonly Readonly<Record<string, unknown>>[];
}) {
  const { caption, rows } = props;
  const columns = props.columns.map(({ key, label, isNumber }) => ({
    label,
    isNumber,
    cell: (row: Readonly<Record<string, unknown>>) => shown(row[key]),
  }));
  if (columns.length <= TABLE_COLUMNS && rows.length * columns.length <= TABLE_CELLS)
    return <Table caption={caption} columns={columns} rows={rows} />;
  const widths = props.columns.map(({ key, label }) => {
    const texts = rows.slice(0, MEASURED).map((row) => String(row[key] ?? 'NULL').length);
    const px = Math.max(label.length, ...texts) * CHARACTER_PX + PADDING_PX;
    return Math.min(MOST_PX, Math.max(LEAST_PX, px));
  });
  return (
    <Grid caption={caption} columns={columns} rows={rows} widthOf={(column) => widths[column] ?? LEAST_PX} />
  );
}
