import { useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { ago, count, metric, number, percent, plural } from '../format.ts';
import { to } from '../route.ts';
import { Answer } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';
import { ColumnCard } from './column-card.tsx';
import { CompareForm } from './compare-form.tsx';
import { reference, Versions } from './datasets.tsx';
import { Leaks } from './leaks.tsx';
import { TagVersion } from './tag-version.tsx';
/** One version: where it came from, what was found of it, a picture of each column, and its other versions. */
export function DatasetPage({ name }) {
  const version = useQuery('data.show', { name });
  const profile = useQuery('data.profile', { name });
  const list = useQuery('data.list');
  const [bare] = name.split('@');
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { dir: 'auto', children: name }),
      _jsx(Answer, {
        of: version,
        children: (found) =>
          _jsxs(_Fragment, {
            children: [
              _jsx(About, { version: found }),
              _jsx(TagVersion, { version: found, changed: version.reload }, reference(found)),
              _jsx(Checks, { of: found }),
            ],
          }),
      }),
      _jsx('h2', { children: 'Columns' }),
      _jsx(Answer, {
        of: profile,
        children: (found) =>
          _jsxs(_Fragment, {
            children: [
              _jsx(Columns, { of: found }),
              _jsx(Leaks, { name: name, columns: found.columns.map((column) => column.name) }),
              _jsx(Correlations, { of: found }),
            ],
          }),
      }),
      _jsx('h2', { children: 'Versions' }),
      _jsx(Answer, {
        of: list,
        children: ({ datasets }) => {
          const versions = datasets.filter((each) => each.dataset === bare);
          return _jsxs(_Fragment, {
            children: [
              _jsx(Answer, {
                of: version,
                children: (found) => _jsx(CompareForm, { version: found, versions: versions }),
              }),
              _jsx(Versions, { versions: versions }),
            ],
          });
        },
      }),
    ],
  });
}
function About({ version }) {
  const facts = version.columns.filter(({ about }) => about === 'file').map(({ name }) => name);
  return _jsxs(_Fragment, {
    children: [
      _jsxs('p', {
        children: [
          count(version.rows),
          ' rows from ',
          _jsx('em', { children: version.source }),
          ', added',
          ' ',
          _jsx(Time, { at: version.createdAt, text: ago(version.createdAt) }),
          '.',
          ' ',
          _jsx('a', { href: to('lineage', `dataset:${reference(version)}`), children: 'Lineage' }),
          ' ',
          _jsx('a', { href: to('query', reference(version)), children: 'Query' }),
        ],
      }),
      version.tags.length === 0
        ? null
        : _jsxs('p', {
            children: ['Tags:', ' ', version.tags.map((tag) => _jsx(Badge, { children: tag }, tag))],
          }),
      facts.length === 0
        ? null
        : _jsxs('p', {
            class: 'quiet',
            children: [
              'Facts of the files, no features unless they are declared: ',
              _jsx('bdi', { children: facts.join(', ') }),
              '.',
            ],
          }),
      version.erasures.map(({ erasure, at, rows }) =>
        _jsxs(
          'p',
          {
            class: 'note warn',
            children: [
              plural(rows, 'row'),
              ' ',
              rows === 1 ? 'was' : 'were',
              ' erased from it ',
              _jsx(Time, { at: at, text: ago(at) }),
              ' (',
              erasure,
              ').',
            ],
          },
          erasure,
        ),
      ),
    ],
  });
}
const Checks = ({ of: { checks, ...version } }) =>
  checks.length === 0
    ? null
    : _jsxs(_Fragment, {
        children: [
          _jsx('h2', { children: 'Expectations' }),
          checks.map(({ suite, checkedAt, passed, results }) =>
            _jsxs(
              'div',
              {
                children: [
                  _jsxs('p', {
                    children: [
                      _jsx(Badge, { children: passed ? 'held' : 'failed' }),
                      ' ',
                      `${count(results.filter((one) => one.passed).length)} of ${count(results.length)}, checked `,
                      _jsx(Time, { at: checkedAt, text: ago(checkedAt) }),
                    ],
                  }),
                  _jsx(Table, {
                    caption: `Expectations of ${reference(version)}, suite ${suite.slice(0, 8)}`,
                    rows: results,
                    columns: [
                      { label: 'Expectation', isText: true, cell: (result) => result.expectation },
                      {
                        label: 'Result',
                        cell: (result) =>
                          _jsx(Badge, {
                            children: result.passed
                              ? 'held'
                              : result.severity === 'warn'
                                ? 'warning'
                                : 'failed',
                          }),
                      },
                      { label: 'Failing rows', isNumber: true, cell: (result) => count(result.failures) },
                      {
                        label: 'Found',
                        isNumber: true,
                        cell: (result) => number(result.observed),
                      },
                    ],
                  }),
                ],
              },
              suite,
            ),
          ),
        ],
      });
/** A page can bear so many pictures; the others are found by name. */
const MAX_CARDS = 120;
const FILTERED_FROM = 24;
function Columns({ of: { columns, rows } }) {
  const [text, setText] = useState('');
  const found = columns.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  return _jsxs(_Fragment, {
    children: [
      columns.length < FILTERED_FROM
        ? null
        : _jsxs('p', {
            class: 'row',
            children: [
              _jsxs('label', {
                children: [
                  'Columns whose name has',
                  ' ',
                  _jsx('input', {
                    type: 'search',
                    value: text,
                    onInput: (event) => setText(event.currentTarget.value),
                  }),
                ],
              }),
              _jsxs('span', {
                role: 'status',
                children: [
                  count(found.length),
                  ' of ',
                  count(columns.length),
                  found.length > MAX_CARDS ? `, the first ${MAX_CARDS} are shown` : '',
                ],
              }),
            ],
          }),
      _jsx('div', {
        class: 'cards wide',
        children: found
          .slice(0, MAX_CARDS)
          .map((column) => _jsx(ColumnCard, { column: column, rows: rows }, column.name)),
      }),
    ],
  });
}
const SHOWN_PAIRS = 20;
const Correlations = ({ of: { correlations } }) =>
  correlations.length === 0
    ? null
    : _jsxs(_Fragment, {
        children: [
          _jsx('h2', { children: 'Correlations' }),
          _jsx(Table, {
            caption: 'Correlations of pairs of numbers, the strongest first',
            rows: correlations.slice(0, SHOWN_PAIRS),
            columns: [
              { label: 'Column', cell: ({ a }) => a },
              { label: 'With', cell: ({ b }) => b },
              { label: 'Pearson’s r', isNumber: true, cell: ({ r }) => metric(r) },
              { label: 'Strength', cell: ({ r }) => _jsx(Strength, { r: r }) },
            ],
          }),
        ],
      });
/** A bar to the right of the middle for what rises together, to the left for what falls. */
const Strength = ({ r }) =>
  _jsxs('svg', {
    class: 'strength',
    viewBox: '-50 0 100 12',
    role: 'img',
    'aria-label': `${percent(Math.abs(r))} of the strongest possible, ${r < 0 ? 'one falls as the other rises' : 'both rise together'}`,
    children: [
      _jsx('line', { class: 'axis', x1: 0, y1: 0, x2: 0, y2: 12 }),
      _jsx('rect', {
        class: r < 0 ? 'before' : 'now',
        x: Math.min(0, 50 * r),
        y: 2,
        width: 50 * Math.abs(r),
        height: 8,
      }),
    ],
  });
