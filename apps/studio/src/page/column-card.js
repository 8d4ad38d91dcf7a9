import { jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { Bars } from '../chart/bars.tsx';
import { RankedBars } from '../chart/ranked-bars.tsx';
import { number, percent, plural } from '../format.ts';
import { Badge } from '../ui/badge.tsx';

const SHOWN_VALUES = 5;
/** What one column holds: a picture of its values, what they mean, and its statistics behind a click. */
export function ColumnCard({ column, rows }) {
  const hasScale = column.histogram.length > 0;
  const top = column.top.slice(0, SHOWN_VALUES);
  const says = hasScale
    ? `from ${number(Number(column.min))} to ${number(Number(column.max))}, mean ${number(column.mean)}`
    : top.map(({ value, count: times }) => `${value} ${percent(times / Math.max(rows, 1))}`).join(', ');
  return _jsxs('article', {
    class: 'card',
    children: [
      _jsxs('h3', {
        children: [
          _jsx('bdi', { children: column.name }),
          ' ',
          _jsxs('span', {
            class: 'quiet',
            children: [column.type, column.semantic === null ? '' : `, ${column.semantic}`],
          }),
          ' ',
          column.isPersonal ? _jsx(Badge, { children: 'personal data' }) : null,
        ],
      }),
      hasScale
        ? _jsx(Bars, {
            bars: column.histogram.map((bin) => ({
              label: `${number(bin.from)} – ${number(bin.to)}`,
              value: bin.count,
            })),
            about: `Histogram of ${column.name}: ${says}`,
            ends: [number(Number(column.min)), number(Number(column.max))],
          })
        : top.length > 0
          ? _jsx(RankedBars, {
              bars: top.map((one) => ({ label: one.value, value: one.count })),
              total: rows,
              about: `Most frequent values of ${column.name}: ${says}`,
            })
          : _jsx('p', { class: 'quiet', children: 'Nearly every value is another one.' }),
      _jsxs('p', {
        class: 'quiet',
        children: [
          hasScale ? `mean ${number(column.mean)}, ` : '',
          plural(column.distinct, 'value'),
          column.nulls === 0 ? ', none missing' : `, ${percent(column.nulls / rows)} missing`,
        ],
      }),
      _jsx(Statistics, { of: column }),
    ],
  });
}
function Statistics({ of: column }) {
  const { quantiles, lengths } = column;
  const facts = [
    ['missing', column.nulls],
    ['different', column.distinct],
    ['least', column.min],
    ...Object.entries(quantiles ?? {})
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([share, value]) => [
        share === '0.5' ? 'median' : `${Number((100 * Number(share)).toFixed(2))} % are below`,
        value,
      ]),
    ['most', column.max],
    ...(column.std === null ? [] : [['standard deviation', column.std]]),
    ...(lengths === null
      ? []
      : [['length', `${number(lengths.min)} to ${number(lengths.max)}, mean ${number(lengths.mean)}`]]),
  ];
  return _jsxs('details', {
    children: [
      _jsxs('summary', {
        children: ['Statistics', _jsxs('span', { class: 'unseen', children: [' of ', column.name] })],
      }),
      _jsx('dl', {
        children: facts.map(([name, value]) =>
          _jsxs(
            'div',
            {
              children: [
                _jsx('dt', { children: name }),
                _jsx('dd', {
                  children: _jsx('bdi', { children: typeof value === 'string' ? value : number(value) }),
                }),
              ],
            },
            name,
          ),
        ),
      }),
    ],
  });
}
