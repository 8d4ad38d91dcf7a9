import { formatCell } from './format-cell.ts';

const WIDTH = 56;
const HEIGHT = 10;
const MARKS = ['●', '○', '▲', '△', '■', '□'];

/** Plots series of equal spacing over one shared scale, with a mark per series. */
export function plotLines(
  series: readonly { readonly name: string; readonly points: readonly number[] }[],
): string {
  const finite = series.flatMap((one) => one.points.filter(Number.isFinite));
  if (finite.length === 0) return '(nothing to plot)';
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  const span = high - low || 1;
  const longest = Math.max(...series.map((one) => one.points.length));
  const grid = Array.from({ length: HEIGHT }, () => new Array<string>(WIDTH).fill(' '));
  for (const [index, one] of series.entries()) {
    for (let x = 0; x < WIDTH; x++) {
      const at = longest === 1 ? 0 : (x / (WIDTH - 1)) * (longest - 1);
      const point = one.points[Math.round(at)];
      if (point === undefined || !Number.isFinite(point)) continue;
      const row = grid[HEIGHT - 1 - Math.round(((point - low) / span) * (HEIGHT - 1))];
      if (row) row[x] = MARKS[index % MARKS.length] ?? '●';
    }
  }
  const labels = [formatCell(high), ...new Array<string>(HEIGHT - 2).fill(''), formatCell(low)];
  const width = Math.max(...labels.map((label) => label.length));
  const rows = grid.map(
    (row, index) => `${(labels[index] ?? '').padStart(width)} ┤${row.join('').trimEnd()}`,
  );
  const legend = series.map((one, index) => `${MARKS[index % MARKS.length]} ${one.name}`).join('   ');
  return [...rows, `${' '.repeat(width + 2)}${legend}`].join('\n');
}
