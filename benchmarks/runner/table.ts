import type { Result, ResultRow } from './result.ts';

/** The result for a terminal: one line a row, and below it why somebody has no number. */
export function tableOf({ suite, machine, rounds, isQuick, rows }: Result): string {
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const hasLimit = rows.some((row) => row.limit !== undefined);
  const head = ['', 'unit', 'ours', ...peers, ...(hasLimit ? ['limit'] : []), 'ratio', 'target', ''];
  const lines = rows.map((row) => [
    row.name,
    row.unit,
    shown(row.ours),
    ...peers.map((peer) => (peer in row.peers ? shown(row.peers[peer]) : '')),
    ...(hasLimit ? [row.limit === undefined ? '' : shown(row.limit)] : []),
    row.ratio === null ? '' : shown(row.ratio),
    row.says ?? '',
    verdict(row),
  ]);
  const { cpu, cores, memoryGiB, node, loadBefore } = machine;
  return [
    `${suite}: medians of ${rounds} rounds${isQuick ? ' (quick: not to be quoted)' : ''}`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, load ${loadBefore}`,
    '',
    ...aligned([head, ...lines]),
    ...reasons(rows),
  ].join('\n');
}

/** One row while others are still measured. */
export function lineOf(row: ResultRow): string {
  const { ours, peers, limit, unit, ratio, says = '' } = row;
  const sides = { ours, ...peers, ...(limit === undefined ? {} : { limit }) };
  const numbers = Object.entries(sides).map(([side, value]) => `${side} ${shown(value)}`);
  const compared = ratio === null ? '' : `: ${shown(ratio)}, ${says} ${verdict(row)}`;
  return `${unit}: ${numbers.join(', ')}${compared}`;
}

export function verdict({ target, met }: ResultRow): string {
  if (target === null) return '';
  if (met === null) return 'unknown';
  return met ? 'met' : 'MISSED';
}

/** Four significant digits, and a dash for what could not run. */
export function shown(value: number | null | undefined): string {
  if (value === null || value === undefined) return '-';
  return Math.abs(value) >= 10_000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

/** The first two columns begin on the left, numbers end on the right. */
function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths =
    lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines.map((line) =>
    line
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const isText = column < 2 || column >= line.length - 2;
        return isText ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

export function reasons(rows: readonly ResultRow[]): readonly string[] {
  const all = rows.flatMap(({ why }) =>
    Object.entries(why ?? {}).map(([side, text]) => `  ${side}: ${text}`),
  );
  return all.length === 0 ? [] : ['', 'Could not run:', ...new Set(all)];
}
