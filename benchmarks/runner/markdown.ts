import type { Result, ResultRow } from './result.ts';
import { reasons, shown, verdict } from './table.ts';

/** The result as a page to keep: of each side the median over the rounds and, in brackets, the best round. */
export function markdownOf({ suite, machine, rounds, isQuick, rows }: Result): string {
  const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
  const hasLimit = rows.some((row) => row.limit !== undefined);
  const head = ['', 'unit', 'ours', ...peers, ...(hasLimit ? ['limit'] : []), 'ratio', 'target', ''];
  const lines = rows.map((row) => [
    row.name,
    row.unit,
    withBest(row, 'ours'),
    ...peers.map((peer) => (peer in row.peers ? withBest(row, peer) : '')),
    ...(hasLimit ? [row.limit === undefined ? '' : withBest(row, 'limit')] : []),
    row.ratio === null ? '' : shown(row.ratio),
    row.says ?? '',
    verdict(row),
  ]);
  const facts = Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`);
  const quick = isQuick ? ' With `--quick`: not to be quoted.' : '';
  return [
    `# ${suite}`,
    '',
    `Medians of ${rounds} rounds (in brackets the best).${quick}`,
    '',
    ...facts,
    '',
    ...[head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`),
    ...reasons(rows).map((line) => (line.startsWith('  ') ? `- ${line.trim()}` : line)),
    '',
  ].join('\n');
}

function withBest({ samples, better, ours, peers, limit }: ResultRow, side: string): string {
  const median = side === 'ours' ? ours : side === 'limit' ? limit : peers[side];
  const own = samples[side];
  if (own === undefined) return shown(median);
  return `${shown(median)} (${shown(better === 'lower' ? Math.min(...own) : Math.max(...own))})`;
}
