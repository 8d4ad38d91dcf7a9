import Plot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Series } from './lines.tsx';

interface Look {
  readonly height: number;
  readonly leastWidth: number;
  readonly marks: readonly string[];
  readonly ink: string;
  readonly line: string;
}

/** Draws series over their steps into a box, and keeps to its width. @returns takes the picture away */
export function drawLongLines(box: HTMLElement, series: readonly Series[], look: Look): () => void {
  const steps = Math.max(...series.map((each) => each.points.length));
  const axis = { stroke: look.ink, grid: { stroke: look.line, width: 1 }, ticks: { stroke: look.line } };
  const sizeOf = () => ({ width: Math.max(look.leastWidth, box.clientWidth), height: look.height });
  const plot = new Plot(
    {
      ...sizeOf(),
      scales: { x: { time: false } },
      legend: { show: false },
      axes: [axis, { ...axis, size: 64 }],
      series: [
        {},
        ...series.map((each, k) => ({
          label: each.name,
          width: 1.5,
          stroke: look.marks[k % look.marks.length] ?? look.ink,
          points: { show: false },
        })),
      ],
    },
    [Array.from({ length: steps }, (_, k) => k + 1), ...series.map((each) => [...each.points])],
    box,
  );
  const observer = new ResizeObserver(() => plot.setSize(sizeOf()));
  observer.observe(box);
  return () => {
    observer.disconnect();
    plot.destroy();
  };
}
