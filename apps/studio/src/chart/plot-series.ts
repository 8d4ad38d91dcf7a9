import Plot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A line: what it measures along, and what; null where there is a gap. */
export interface PlottedLine {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

export interface PlotLook {
  readonly height: number;
  readonly leastWidth: number;
  readonly marks: readonly string[];
  readonly ink: string;
  readonly line: string;
  readonly isLogX?: boolean;
  readonly isLogY?: boolean;
  readonly isTime?: boolean;
  /**
   * Called with the part that was drawn over with the pointer; with nothing when all is to be seen again. Without it the part is shown larger
   * from what is there, and a double click shows all.
   */
  readonly zoom?: ((range: readonly [number, number] | undefined) => void) | undefined;
}

/** Draws lines of their own steps into a box, and keeps to its width. @returns takes the picture away */
export function plotSeries(box: HTMLElement, lines: readonly PlottedLine[], look: PlotLook): () => void {
  const axis = { stroke: look.ink, grid: { stroke: look.line, width: 1 }, ticks: { stroke: look.line } };
  const sizeOf = () => ({ width: Math.max(look.leastWidth, box.clientWidth), height: look.height });
  const { isLogX = false, isLogY = false, isTime = false, zoom } = look;
  const scale = (isLog: boolean) => (isLog ? { distr: 3 as const } : {});
  const plot = new Plot(
    {
      ...sizeOf(),
      scales: { x: { time: isTime, ...scale(isLogX) }, y: scale(isLogY) },
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: zoom === undefined } },
      axes: [axis, { ...axis, size: 70 }],
      series: [
        {},
        ...lines.map((each, k) => ({
          label: each.name,
          width: 1.5,
          stroke: look.marks[k % look.marks.length] ?? look.ink,
          points: { show: each.x.length === 1 },
          spanGaps: true,
        })),
      ],
      hooks: {
        setSelect: [
          (self) => {
            const { left, width } = self.select;
            if (width > 4) zoom?.([self.posToVal(left, 'x'), self.posToVal(left + width, 'x')]);
          },
        ],
      },
    },
    joined(lines),
    box,
  );
  const whole = (): void => zoom?.(undefined);
  plot.over.addEventListener('dblclick', whole);
  const observer = new ResizeObserver(() => plot.setSize(sizeOf()));
  observer.observe(box);
  return () => {
    observer.disconnect();
    plot.over.removeEventListener('dblclick', whole);
    plot.destroy();
  };
}

/** Lines over all the places of any of them. */
function joined(lines: readonly PlottedLine[]): Plot.AlignedData {
  const [first] = lines;
  if (first === undefined) return [[], []];
  const isAligned = lines.every(
    ({ x }) => x.length === first.x.length && x.every((value, at) => value === first.x[at]),
  );
  if (isAligned) return [[...first.x], ...lines.map(({ y }) => [...y])];
  return Plot.join(lines.map(({ x, y }): Plot.AlignedData => [[...x], [...y]]));
}
