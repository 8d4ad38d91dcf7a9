import { percent } from '../format.ts';

interface Bin {
  readonly label: string;
  readonly reference: number;
  readonly current: number;
}

const WIDTH = 420;
const ROW = 26;
const LABELS = 150;

/** Shares per bin: what was before (the training data) above, what is now (the live window) below. */
export function ComparedBars({ bins, about }: { bins: readonly Bin[]; about: string }) {
  const most = Math.max(...bins.flatMap((bin) => [bin.reference, bin.current]), 1e-9);
  const length = (share: number): number => (share / most) * (WIDTH - LABELS - 100);
  return (
    <svg class="chart tall" viewBox={`0 0 ${WIDTH} ${bins.length * ROW}`} role="img" aria-label={about}>
      {bins.map((bin, k) => (
        <g key={bin.label} transform={`translate(0 ${k * ROW})`}>
          <text x={LABELS - 8} y={16} text-anchor="end">
            {bin.label.length > 18 ? `${bin.label.slice(0, 17)}…` : bin.label}
            <title>{bin.label}</title>
          </text>
          <rect class="before" x={LABELS} y={3} width={length(bin.reference)} height={9} />
          <rect class="now" x={LABELS} y={13} width={length(bin.current)} height={9} />
          <text class="quiet" x={LABELS + length(Math.max(bin.reference, bin.current)) + 6} y={16}>
            {`${percent(bin.reference)} → ${percent(bin.current)}`}
          </text>
        </g>
      ))}
    </svg>
  );
}
