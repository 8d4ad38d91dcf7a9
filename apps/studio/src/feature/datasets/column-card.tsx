import { Bars } from '../../chart/bars.tsx';
import { RankedBars } from '../../chart/ranked-bars.tsx';
import { number, percent, plural } from '../../format.ts';
import { Badge } from '../../ui/badge.tsx';
import type { ColumnProfile } from './dataset-answers.ts';

const SHOWN_VALUES = 5;

/** What one column holds: a picture of its values, what they mean, and its statistics behind a click. */
export function ColumnCard({ column, rows }: { column: ColumnProfile; rows: number }) {
  const hasScale = column.histogram.length > 0;
  const top = column.top.slice(0, SHOWN_VALUES);
  const says = hasScale
    ? `from ${number(Number(column.min))} to ${number(Number(column.max))}, mean ${number(column.mean)}`
    : top.map(({ value, count: times }) => `${value} ${percent(times / Math.max(rows, 1))}`).join(', ');
  return (
    <article class="card">
      <h3>
        <bdi>{column.name}</bdi>{' '}
        <span class="quiet">
          {column.type}
          {column.semantic === null ? '' : `, ${column.semantic}`}
        </span>{' '}
        {column.isPersonal ? <Badge>personal data</Badge> : null}
      </h3>
      {hasScale ? (
        <Bars
          bars={column.histogram.map((bin) => ({
            label: `${number(bin.from)} – ${number(bin.to)}`,
            value: bin.count,
          }))}
          about={`Histogram of ${column.name}: ${says}`}
          ends={[number(Number(column.min)), number(Number(column.max))]}
        />
      ) : top.length > 0 ? (
        <RankedBars
          bars={top.map((one) => ({ label: one.value, value: one.count }))}
          total={rows}
          about={`Most frequent values of ${column.name}: ${says}`}
        />
      ) : (
        <p class="quiet">Nearly every value is another one.</p>
      )}
      <p class="quiet">
        {hasScale ? `mean ${number(column.mean)}, ` : ''}
        {isAbout(column, 'distinct') ? 'about ' : ''}
        {plural(column.distinct, 'value')}
        {column.nulls === 0 ? ', none missing' : `, ${percent(column.nulls / rows)} missing`}
      </p>
      <Statistics of={column} />
    </article>
  );
}

const isAbout = (column: ColumnProfile, what: ColumnProfile['approximate'][number]): boolean =>
  column.approximate.includes(what);

function Statistics({ of: column }: { of: ColumnProfile }) {
  const { quantiles, lengths } = column;
  const about = (what: ColumnProfile['approximate'][number], value: number): number | string =>
    isAbout(column, what) ? `≈ ${number(value)}` : value;
  const facts: readonly (readonly [string, number | string | null])[] = [
    ['missing', column.nulls],
    ['different', about('distinct', column.distinct)],
    ['least', column.min],
    ...Object.entries(quantiles ?? {})
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([share, value]): [string, number | string] => [
        share === '0.5' ? 'median' : `${Number((100 * Number(share)).toFixed(2))} % are below`,
        about('quantiles', value),
      ]),
    ['most', column.max],
    ...(column.std === null ? [] : [['standard deviation', column.std] as const]),
    ...(lengths === null
      ? []
      : [
          [
            'length',
            `${number(lengths.min)} to ${number(lengths.max)}, mean ${number(lengths.mean)}`,
          ] as const,
        ]),
  ];
  return (
    <details>
      <summary>
        Statistics<span class="unseen"> of {column.name}</span>
      </summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{typeof value === 'string' ? value : number(value)}</bdi>
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
