import type { WriteStream } from 'node:tty';
import type { View } from '@trestle/kernel';
import stringWidth from 'fast-string-width';
import { pad, shorten, wrap } from './cells.ts';
import { formatCell, printable } from './format-cell.ts';
import { plotLines } from './plot-lines.ts';
import { renderTable } from './render-table.ts';
import { type Style, styleFor } from './style.ts';

type ViewOf<Kind extends View['kind']> = Extract<View, { kind: Kind }>;

/** Beside a terminal nothing is cut or wrapped: whoever reads it may search it. */
const UNLIMITED = Number.POSITIVE_INFINITY;
const MAX_LABEL_CELLS = 48;
const MIN_VALUE_CELLS = 24;
const BAR_CELLS = 32;

/** Draws views as text: in colour only on a terminal that has it, and no wider than that terminal. */
export function renderViews(
  views: readonly View[],
  stream: Pick<WriteStream, 'isTTY' | 'columns'> & NodeJS.WritableStream,
): string {
  const style = styleFor(stream);
  const width = stream.isTTY ? stream.columns || 80 : UNLIMITED;
  return `${views.map((view) => renderView(view, style, width)).join('\n\n')}\n`;
}

function renderView(view: View, style: Style, width: number): string {
  switch (view.kind) {
    case 'heading':
      return `\n${style(['bold', 'inverse'], ` ${view.text} `)}`;
    case 'table':
      return withTitle(view.title, renderTable(view, style, width), style);
    case 'facts':
      return withTitle(view.title, renderFacts(view, style, width), style);
    case 'bars':
      return withTitle(view.title, renderBars(view, style), style);
    case 'lines':
      return withTitle(view.title, plotLines(view.series), style);
    case 'note':
      return renderNote(view, style, width);
    case 'text':
      return printable(view.text);
  }
}

const withTitle = (title: string | undefined, body: string, style: Style): string =>
  title === undefined ? body : `${style('bold', title)}\n${body}`;

function renderFacts(view: ViewOf<'facts'>, style: Style, width: number): string {
  const labels = Math.max(...view.facts.map(([label]) => stringWidth(label)), 0);
  const indent = `\n${' '.repeat(labels + 2)}`;
  return view.facts
    .map(([label, value]) => {
      const lines = wrap(formatCell(value), Math.max(MIN_VALUE_CELLS, width - labels - 2));
      return `${style('dim', pad(label, labels))}  ${lines.join(indent)}`;
    })
    .join('\n');
}

function renderBars(view: ViewOf<'bars'>, style: Style): string {
  const width = Math.max(...view.bars.map((bar) => stringWidth(shorten(bar.label, MAX_LABEL_CELLS))), 0);
  const most = Math.max(...view.bars.map((bar) => Math.abs(bar.value)), Number.MIN_VALUE);
  return view.bars
    .map((bar) => {
      const cells = Math.round((Math.abs(bar.value) / most) * BAR_CELLS);
      const drawn = `${style('cyan', '█'.repeat(cells))}${' '.repeat(BAR_CELLS - cells)}`;
      return `${pad(shorten(bar.label, MAX_LABEL_CELLS), width)}  ${drawn}  ${formatCell(bar.value)}${bar.note ? `  ${style('dim', bar.note)}` : ''}`;
    })
    .join('\n');
}

const TONES = {
  info: ['•', 'cyan'],
  good: ['✓', 'green'],
  warn: ['!', 'yellow'],
  bad: ['✗', 'red'],
} as const;

function renderNote(view: ViewOf<'note'>, style: Style, width: number): string {
  const [mark, colour] = TONES[view.tone];
  const lines = printable(view.text)
    .split('\n')
    .flatMap((line) => wrap(line, width - 2));
  return `${style(colour, mark)} ${lines.join('\n  ')}`;
}
