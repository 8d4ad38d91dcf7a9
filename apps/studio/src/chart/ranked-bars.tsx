import { percent } from '../format.ts';
import type { Bar } from './bars.tsx';

const [WIDTH, ROW, LABELS, SHARES] = [240, 18, 128, 44];

/** The most frequent values with their shares of all rows, longest first. */
export function RankedBars({ bars, total, about }: { bars: readonly Bar[]; total: number; about: string }) {
  const most = Math.max(...bars.map((bar) => bar.value), 1e-12);
  return (
    <svg class="chart ranked" viewBox={`0 0 ${WIDTH} ${bars.length * ROW}`} role="img" aria-label={about}>
      {bars.map((bar, k) => (
        <g key={k} transform={`translate(0 ${k * ROW})`}>
          <text x={0} y={13}>
            {bar.label.length > 17 ? `${bar.label.slice(0, 16)}…` : bar.label}
            <title>{bar.label}</title>
          </text>
          <rect
            class="bar"
            x={LABELS}
            y={4}
            width={Math.max(1, (bar.value / most) * (WIDTH - LABELS - SHARES))}
            height={10}
          />
          <text class="quiet" x={WIDTH} y={13} text-anchor="end">
            {percent(bar.value / Math.max(total, 1))}
          </text>
        </g>
      ))}
    </svg>
  );
}
