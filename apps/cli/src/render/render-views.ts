import type { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import type { View } from '@trestle/kernel';
import stringWidth from 'string-width';
import { formatCell } from './format-cell.ts';
import { plotLines } from './plot-lines.ts';

type Style = (format: Parameters<typeof styleText>[0], text: string) => string;
type ViewOf<Kind extends View['kind']> = Extract<View, { kind: Kind }>;

const MAX_COLUMN_CELLS = 48;
const BAR_CELLS = 32;

/** Draws views as text; in colour only on a terminal that has it. */
export function renderViews(
  views: readonly View[],
  stream: Pick<WriteStream, 'isTTY'> & NodeJS.WritableStream,
): string {
  const style: Style = (format, text) => styleText(format, text, { stream, validateStream: true });
  return `${views.map((view) => renderView(view, style)).join('\n\n')}\n`;
}

function renderView(view: View, style: Style): string {
  switch (view.kind) {
    case 'heading':
      return `\n${style(['bold', 'inverse'], ` ${view.text} `)}`;
    case 'table':
      return withTitle(view.title, renderTable(view, style), style);
    case 'facts':
      return withTitle(view.title, renderFacts(view, style), style);
    case 'bars':
      return withTitle(view.title, renderBars(view, style), style);
    case 'lines':
      return withTitle(view.title, plotLines(view.series), style);
    case 'note':
      return renderNote(view, style);
  }
}

const withTitle = (title: string | undefined, body: string, style: Style): string =>
  title === undefined ? body : `${style('bold', title)}\n${body}`;

const pad = (text: string, cells: number, align: 'left' | 'right' = 'left'): string => {
  const space = ' '.repeat(Math.max(0, cells - stringWidth(text)));
  return align === 'right' ? space + text : text + space;
};

const shorten = (text: string): string => {
  if (stringWidth(text) <= MAX_COLUMN_CELLS) return text;
  return `${[...text].slice(0, MAX_COLUMN_CELLS - 1).join('')}…`;
};

function renderTable(view: ViewOf<'table'>, style: Style): string {
  if (view.rows.length === 0) return style('dim', '(nothing)');
  const cells = view.rows.map((row) => view.columns.map((column) => shorten(formatCell(row[column.key]))));
  const align = view.columns.map(
    (column) =>
      column.align ??
      (view.rows.every((row) => typeof (row[column.key] ?? 0) === 'number') ? 'right' : 'left'),
  );
  const widths = view.columns.map((column, index) =>
    Math.max(stringWidth(column.label), ...cells.map((row) => stringWidth(row[index] ?? ''))),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => pad(text, widths[index] ?? 0, align[index]))
      .join('  ')
      .trimEnd();
  const head = style('bold', line(view.columns.map((column) => column.label)));
  const rule = style('dim', widths.map((width) => '─'.repeat(width)).join('  '));
  return [head, rule, ...cells.map(line)].join('\n');
}

function renderFacts(view: ViewOf<'facts'>, style: Style): string {
  const width = Math.max(...view.facts.map(([label]) => stringWidth(label)), 0);
  return view.facts
    .map(([label, value]) => `${style('dim', pad(label, width))}  ${formatCell(value)}`)
    .join('\n');
}

function renderBars(view: ViewOf<'bars'>, style: Style): string {
  const width = Math.max(...view.bars.map((bar) => stringWidth(shorten(bar.label))), 0);
  const most = Math.max(...view.bars.map((bar) => Math.abs(bar.value)), Number.MIN_VALUE);
  return view.bars
    .map((bar) => {
      const cells = Math.round((Math.abs(bar.value) / most) * BAR_CELLS);
      const drawn = `${style('cyan', '█'.repeat(cells))}${' '.repeat(BAR_CELLS - cells)}`;
      return `${pad(shorten(bar.label), width)}  ${drawn}  ${formatCell(bar.value)}${bar.note ? `  ${style('dim', bar.note)}` : ''}`;
    })
    .join('\n');
}

const TONES = {
  info: ['•', 'cyan'],
  good: ['✓', 'green'],
  warn: ['!', 'yellow'],
  bad: ['✗', 'red'],
} as const;

function renderNote(view: ViewOf<'note'>, style: Style): string {
  const [mark, colour] = TONES[view.tone];
  return `${style(colour, mark)} ${view.text}`;
}
