import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ComparedBars } from '../chart/compared-bars.tsx';
import { sharedBins } from '../chart/shared-bins.ts';
import { count, metric, number } from '../format.ts';
import { to } from '../route.ts';
import { Answer } from '../ui/answer.tsx';
import { shown } from '../ui/query-table.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';
import { CompareForm } from './compare-form.tsx';
/** Two versions: what became of the columns, of the rows, and of how values are distributed. */
export function ComparePage({ from, to: newer, by }) {
  const diff = useQuery('data.diff', { from, to: newer, ...(by === undefined ? {} : { key: by }) });
  const version = useQuery('data.show', { name: newer });
  const list = useQuery('data.list');
  return _jsxs(_Fragment, {
    children: [
      _jsxs('h1', { dir: 'auto', children: [from, ' to ', newer] }),
      _jsxs('p', {
        children: [
          _jsx('a', { href: to('datasets', from), children: from }),
          ' ',
          _jsx('a', { href: to('datasets', newer), children: newer }),
        ],
      }),
      _jsx(Answer, {
        of: version,
        children: (found) =>
          _jsx(Answer, {
            of: list,
            children: ({ datasets }) =>
              _jsx(CompareForm, {
                version: found,
                versions: datasets.filter(({ dataset }) => dataset === found.dataset),
                from: from,
                by: by,
              }),
          }),
      }),
      _jsx(Answer, {
        of: diff,
        children: (found) =>
          _jsxs(_Fragment, {
            children: [
              _jsx(Schema, { of: found.schema }),
              _jsx(Rows, { of: found.rows }),
              _jsx(Distributions, { from: from, to: newer, columns: found.columns }),
            ],
          }),
      }),
    ],
  });
}
function Schema({ of: { added, removed, retyped } }) {
  const changes = [
    ...added.map((name) => ({ name, what: 'added' })),
    ...removed.map((name) => ({ name, what: 'removed' })),
    ...retyped.map(({ name, from, to: after }) => ({ name, what: `${from} became ${after}` })),
  ];
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'Schema' }),
      changes.length === 0
        ? _jsx('p', { children: 'Both have the same columns.' })
        : _jsx(Table, {
            caption: 'Columns that are not in both, or of another type',
            rows: changes,
            columns: [
              { label: 'Column', cell: ({ name }) => name },
              { label: 'What', cell: ({ what }) => what },
            ],
          }),
    ],
  });
}
function Rows({ of: rows }) {
  const { added, removed, changed } = rows.examples;
  const isByRow = rows.by === 'row';
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'Rows' }),
      _jsxs('div', {
        class: 'cards',
        children: [
          _jsx(Count, { of: rows.added, says: 'added' }),
          _jsx(Count, { of: rows.removed, says: 'removed' }),
          isByRow ? null : _jsx(Count, { of: rows.changed, says: 'changed' }),
        ],
      }),
      isByRow
        ? _jsx('p', {
            class: 'quiet',
            children:
              'A row that changed is one removed and one added, as long as no column is chosen that names rows.',
          })
        : null,
      changed.length === 0
        ? null
        : _jsxs(_Fragment, {
            children: [
              _jsx('h3', { children: 'Changed, for example' }),
              _jsx(Table, {
                caption: 'Rows that changed, for example',
                rows: changed.flatMap(({ key, columns }) =>
                  Object.entries(columns).map(([name, values]) => ({ key, name, ...values })),
                ),
                columns: [
                  { label: rows.by, cell: ({ key }) => shown(key) },
                  { label: 'Column', cell: ({ name }) => name },
                  { label: 'Was', cell: (change) => shown(change.from) },
                  { label: 'Is', cell: (change) => shown(change.to) },
                ],
              }),
            ],
          }),
      _jsx(Examples, { says: 'Added, for example', rows: added }),
      _jsx(Examples, { says: 'Removed, for example', rows: removed }),
    ],
  });
}
const Count = ({ of: rows, says }) =>
  _jsxs('div', { class: 'card tile', children: [_jsx('strong', { children: count(rows) }), ' ', says] });
const MAX_COLUMNS = 50;
const Examples = ({ says, rows }) =>
  rows.length === 0
    ? null
    : _jsxs(_Fragment, {
        children: [
          _jsx('h3', { children: says }),
          _jsx(Table, {
            caption: says,
            rows: rows,
            columns: Object.keys(rows[0] ?? {})
              .slice(0, MAX_COLUMNS)
              .map((name) => ({
                label: name,
                cell: (row) => shown(row[name]),
              })),
          }),
        ],
      });
const MAX_CARDS = 60;
function Distributions(props) {
  const before = useQuery('data.profile', { name: props.from });
  const after = useQuery('data.profile', { name: props.to });
  const columns = props.columns.toSorted((a, b) => b.distance - a.distance).slice(0, MAX_CARDS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'Distributions' }),
      _jsxs('p', {
        class: 'quiet',
        children: [
          'The distance is 0 for the same distribution and 1 for nothing in common (Jensen-Shannon); the columns that changed most come first',
          columns.length < props.columns.length ? `, ${MAX_CARDS} of them` : '',
          '.',
        ],
      }),
      _jsxs('p', {
        class: 'row',
        children: [
          _jsx('span', { class: 'legend before', children: props.from }),
          _jsx('span', { class: 'legend now', children: props.to }),
        ],
      }),
      _jsx(Answer, {
        of: before,
        children: (reference) =>
          _jsx(Answer, {
            of: after,
            children: (current) =>
              _jsx('div', {
                class: 'features',
                children: columns.map((column) =>
                  _jsx(Distribution, { column: column, before: reference, after: current }, column.name),
                ),
              }),
          }),
      }),
    ],
  });
}
function Distribution(props) {
  const { column } = props;
  const [reference, current] = [props.before, props.after].map(({ columns }) =>
    columns.find(({ name }) => name === column.name),
  );
  const bins = reference && current ? sharedBins(reference, current) : [];
  const most = bins.toSorted((a, b) => gap(b) - gap(a))[0];
  const facts = [
    ['missing', between(column.nulls)],
    ['different', between(column.distinct)],
    ...(column.mean.from === null && column.mean.to === null ? [] : [['mean', between(column.mean)]]),
    ...(column.changed === undefined ? [] : [['rows changed', count(column.changed)]]),
  ];
  return _jsxs('article', {
    class: 'card',
    children: [
      _jsxs('h3', {
        children: [
          _jsx('bdi', { children: column.name }),
          ' ',
          _jsxs('span', { class: 'quiet', children: ['distance ', metric(column.distance)] }),
        ],
      }),
      most === undefined
        ? _jsx('p', { class: 'quiet', children: 'Nearly every value is another one.' })
        : _jsx(ComparedBars, {
            bins: bins,
            about: `Distribution of ${column.name} before and after, distance ${metric(column.distance)}; most changed ${most.label}`,
          }),
      _jsx('dl', {
        children: facts.map(([name, value]) =>
          _jsxs('div', { children: [_jsx('dt', { children: name }), _jsx('dd', { children: value })] }, name),
        ),
      }),
    ],
  });
}
const gap = (bin) => Math.abs(bin.reference - bin.current);
const between = ({ from, to: after }) =>
  from === after ? number(from) : `${number(from)} to ${number(after)}`;
