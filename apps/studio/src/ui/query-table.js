import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { count, plural } from '../format.ts';
import { Table } from './table.tsx';

/** What a page draws without becoming slow; the rest is said, not drawn. */
const MAX_COLUMNS = 200;
const MAX_CELLS = 20_000;
const NUMBERS = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|DECIMAL)/;
/** The rows of a query as they are: numbers are not rounded, and what is missing differs from the text of that name. */
export function QueryTable({ answer, ms }) {
  const columns = answer.columns.slice(0, MAX_COLUMNS);
  const rows = answer.rows.slice(0, Math.max(1, Math.floor(MAX_CELLS / Math.max(1, columns.length))));
  const says = [
    `${plural(answer.rows.length, 'row')}${answer.truncated ? ', and there are more' : ''}, in ${count(ms)} ms`,
    ...(rows.length < answer.rows.length ? [`the first ${count(rows.length)} are shown`] : []),
    ...(columns.length < answer.columns.length
      ? [`of ${count(answer.columns.length)} columns the first ${count(columns.length)} are shown`]
      : []),
  ];
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'Result' }),
      _jsx('p', { class: 'quiet', role: 'status', children: says.join('; ') }),
      rows.length === 0
        ? null
        : _jsx(Table, {
            caption: 'Rows of the result',
            rows: rows,
            columns: columns.map(({ name, type }) => ({
              label: name,
              isNumber: NUMBERS.test(type),
              cell: (row) => shown(row[name]),
            })),
          }),
    ],
  });
}
/** A value of a row, which may be anything, as text. */
export function shown(value) {
  if (value === null || value === undefined) return _jsx('span', { class: 'quiet', children: 'NULL' });
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
