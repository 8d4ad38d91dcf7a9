import { useEffect, useRef } from 'preact/hooks';
import type { PlotLook, PlottedLine } from './plot-series.ts';

const [HEIGHT, LEAST_WIDTH] = [280, 280];
/** Colours of lines, one after the other. */
export const MARKS = ['--now', '--line-1', '--line-2', '--line-3', '--line-4', '--line-5'];

type Look = Pick<PlotLook, 'isLogX' | 'isLogY' | 'isTime' | 'zoom'>;

/**
 * Lines of any length, on a canvas.
 *
 * @param of what they are drawn anew for when it is another: lines that say the same are not
 */
export function PlotBox(props: { lines: readonly PlottedLine[]; of: unknown; about: string; look?: Look }) {
  const { lines, of, about, look } = props;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = box;
    if (!current) return undefined;
    let isGone = false;
    let leave = (): void => {};
    // Loaded where there is such a picture: most pages have none.
    void import('./plot-series.ts').then(({ plotSeries }) => {
      if (isGone) return;
      const style = getComputedStyle(current);
      leave = plotSeries(current, lines, {
        ...{ height: HEIGHT, leastWidth: LEAST_WIDTH, ...look },
        marks: MARKS.map((mark) => style.getPropertyValue(mark)),
        ink: style.getPropertyValue('--quiet'),
        line: style.getPropertyValue('--line'),
      });
    });
    return () => {
      isGone = true;
      leave();
    };
  }, [of]);
  return <div class="long-lines" role="img" aria-label={about} ref={box} />;
}
