import type { View } from '@trestle/kernel';
import stringWidth from 'fast-string-width';
import { pad, shorten } from './cells.ts';
import { formatCell } from './format-cell.ts';
import type { Style } from './style.ts';

type Table = Extract<View, { kind: 'table' }>;

/** No column is wider than this on a terminal, however wide that is. */
const MAX_COLUMN_CELLS = 64;
/** A column of text is not cut below this; a table that then still does not fit is drawn row under row. */
const MIN_COLUMN_CELLS = 12;
const GAP = '  ';

/** Draws a table into `width` cells: wide columns are cut first; what cannot fit becomes one block per row. */
export function renderTable(view: Table, style: Style, width: number): string {
  if (view.rows.length === 0) return style('dim', '(nothing)');
  const cells = view.rows.map((row) => view.columns.map(({ key }) => formatCell(row[key])));
  const natural = view.columns.map(({ label }, index) =>
    Math.max(stringWidth(label), ...cells.map((row) => stringWidth(row[index] ?? ''))),
  );
  const align = view.columns.map(({ key, align }) => align ?? (isNumeric(view, key) ? 'right' : 'left'));
  const widths = fit(natural, align, width - GAP.length * (natural.length - 1));
  if (!widths) return renderBlocks(view, cells, style, width);
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => pad(shorten(text, widths[index] ?? 0), widths[index] ?? 0, align[index]))
      .join(GAP)
      .trimEnd();
  const head = style('bold', line(view.columns.map((column) => column.label)));
  const rule = style('dim', widths.map((cell) => '─'.repeat(cell)).join(GAP));
  return [head, rule, ...cells.map(line)].join('\n');
}

const isNumeric = (view: Table, key: string): boolean =>
  view.rows.every((row) => typeof (row[key] ?? 0) === 'number');

/**
 * Column widths that add up to at most `available`: the widest column of text gives way first, the first one last, as it says what a
 * row is called; undefined if none can.
 */
function fit(
  natural: readonly number[],
  align: readonly ('left' | 'right')[],
  available: number,
): readonly number[] | undefined {
  if (available === Number.POSITIVE_INFINITY) return natural;
  const widths = natural.map((width) => Math.min(width, MAX_COLUMN_CELLS));
  const total = (): number => widths.reduce((sum, width) => sum + width, 0);
  while (total() > available) {
    // A number that is cut is another number.
    const giving = [...widths.keys()].filter(
      (index) => align[index] === 'left' && (widths[index] ?? 0) > MIN_COLUMN_CELLS,
    );
    const [first, ...rest] = giving.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    const widest = first === 0 ? (rest[0] ?? first) : first;
    if (widest === undefined) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

function renderBlocks(
  view: Table,
  cells: readonly (readonly string[])[],
  style: Style,
  width: number,
): string {
  const labels = Math.max(...view.columns.map(({ label }) => stringWidth(label)));
  return cells
    .map((row) =>
      row
        .map((text, index) => {
          const label = style('dim', pad(view.columns[index]?.label ?? '', labels));
          return `${label}${GAP}${shorten(text, Math.max(MIN_COLUMN_CELLS, width - labels - GAP.length))}`;
        })
        .join('\n'),
    )
    .join('\n\n');
}
