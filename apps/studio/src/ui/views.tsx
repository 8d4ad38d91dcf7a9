import type { View } from '@trestle/kernel/spec';
import { Lines } from '../chart/lines.tsx';
import { LongLines } from '../chart/long-lines.tsx';
import { number } from '../format.ts';
import { Rows } from './rows.tsx';

/** More points than this are drawn on a canvas. */
const FEW_POINTS = 2_000;

/** What an operation says of its result, drawn: whatever plugin it is of, with no line of code for it here. */
export const Views = ({ of: views }: { of: readonly View[] }) => (
  <>
    {views.map((view, k) => (
      <OneView key={k} of={view} />
    ))}
  </>
);

function OneView({ of: view }: { of: View }) {
  switch (view.kind) {
    case 'heading':
      return <h2>{view.text}</h2>;
    case 'note':
      return <p class={`note ${view.tone === 'info' ? '' : view.tone}`}>{view.text}</p>;
    case 'text':
      return <pre class="card">{view.text}</pre>;
    case 'facts':
      return (
        <Titled title={view.title}>
          <dl class="card facts">
            {view.facts.map(([label, value], k) => (
              <div key={k}>
                <dt>{label}</dt>
                <dd>
                  <bdi>{typeof value === 'number' ? number(value) : String(value ?? '–')}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </Titled>
      );
    case 'table':
      return (
        <Titled title={view.title}>
          {view.rows.length === 0 ? (
            <p class="quiet">No rows.</p>
          ) : (
            <Rows
              caption={view.title ?? 'Result'}
              columns={view.columns.map(({ key, label, align }) => ({
                key,
                label,
                isNumber: align === 'right',
              }))}
              rows={view.rows.map((row) =>
                // What a view leaves out is an empty cell, not a NULL of the data.
                Object.fromEntries(view.columns.map(({ key }) => [key, row[key] ?? ''])),
              )}
            />
          )}
        </Titled>
      );
    case 'bars':
      return (
        <Titled title={view.title}>
          <ValueBars bars={view.bars} about={view.title ?? 'Values'} />
        </Titled>
      );
    case 'lines':
      return (
        <Titled title={view.title}>
          <SeriesOf view={view} />
        </Titled>
      );
    default:
      return <p class="quiet">This page does not know how to draw a part of the result.</p>;
  }
}

function Titled({ title, children }: { title: string | undefined; children: preact.ComponentChildren }) {
  return (
    <>
      {title === undefined ? null : <h3 class="view-title">{title}</h3>}
      {children}
    </>
  );
}

function SeriesOf({ view }: { view: Extract<View, { kind: 'lines' }> }) {
  const { series, title = 'Series' } = view;
  const points = Math.max(0, ...series.map((each) => each.points.length));
  const about = `${title}: ${series.map((each) => each.name).join(', ')}, ${number(points)} steps`;
  return points > FEW_POINTS ? (
    <LongLines series={series} about={about} />
  ) : (
    <Lines series={series} xLabel="step" yLabel="" about={about} />
  );
}

const [WIDTH, ROW, LABELS, VALUES] = [480, 20, 180, 90];

/** Named values, each as a bar from nothing, with what it is and what is said of it. */
function ValueBars({ bars, about }: { bars: Extract<View, { kind: 'bars' }>['bars']; about: string }) {
  const most = Math.max(...bars.map((bar) => Math.abs(bar.value)), 1e-12);
  return (
    <div class="card">
      <svg
        class="chart ranked values"
        viewBox={`0 0 ${WIDTH} ${bars.length * ROW}`}
        role="img"
        aria-label={`${about}: ${bars.map((bar) => `${bar.label} ${number(bar.value)}`).join(', ')}`}
      >
        {bars.map((bar, k) => (
          <g key={k} transform={`translate(0 ${k * ROW})`}>
            <text x={0} y={14}>
              {bar.label.length > 26 ? `${bar.label.slice(0, 25)}…` : bar.label}
              <title>{bar.label}</title>
            </text>
            <rect
              class={bar.value < 0 ? 'before' : 'bar'}
              x={LABELS}
              y={4}
              width={Math.max(1, (Math.abs(bar.value) / most) * (WIDTH - LABELS - VALUES))}
              height={12}
            >
              <title>{`${bar.label}: ${number(bar.value)}`}</title>
            </rect>
            <text class="quiet" x={WIDTH} y={14} text-anchor="end">
              {bar.note ?? number(bar.value)}
            </text>
          </g>
        ))}
      </svg>
    </div>
  );
}
