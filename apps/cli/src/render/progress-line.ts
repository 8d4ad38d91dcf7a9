import type { WriteStream } from 'node:tty';
import type { Progress } from '@trestle/kernel';

export interface ProgressLine {
  readonly update: (progress: Progress) => void;
  readonly clear: () => void;
}

const BAR_CELLS = 24;
const REDRAW_MS = 80;

const bar = (fraction: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, fraction)) * BAR_CELLS);
  return `${'━'.repeat(full)}${'─'.repeat(BAR_CELLS - full)} ${String(Math.round(fraction * 100)).padStart(3)}%`;
};

const values = (progress: Progress): string =>
  Object.entries(progress.values ?? {})
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toPrecision(4)}`)
    .join('  ');

/** One line on a terminal that is drawn over and over; nothing when the stream is not a terminal. */
export function progressLine(stream: WriteStream): ProgressLine {
  if (!stream.isTTY) return { update: () => {}, clear: () => {} };
  let drawnAt = 0;
  return {
    update(progress) {
      const now = performance.now();
      if (now - drawnAt < REDRAW_MS) return;
      drawnAt = now;
      const parts = [
        progress.fraction === undefined ? '' : bar(progress.fraction),
        progress.step,
        values(progress),
      ];
      const line = parts.filter((part) => part !== '').join('  ');
      stream.write(`\r\u001b[2K${line.slice(0, stream.columns - 1)}`);
    },
    clear() {
      if (drawnAt > 0) stream.write('\r\u001b[2K');
    },
  };
}
