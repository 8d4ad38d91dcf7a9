import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { Lines } from '../chart/lines.tsx';
import { ago, count, duration, metric, metricName } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

const POLL_MS = 3_000;
export function RunsPage() {
  const list = useQuery('run.list', {}, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Runs' }),
      _jsx(Answer, {
        of: list,
        children: ({ runs }) =>
          runs.length === 0
            ? _jsx(Empty, {
                command: 'trestle train --data NAME --target COLUMN',
                children: 'Nothing has been trained yet.',
              })
            : _jsx(Table, {
                caption: 'Training runs',
                rows: runs,
                columns: [
                  {
                    label: 'Run',
                    cell: (run) => _jsx('a', { href: to('runs', run.run), children: run.run }),
                  },
                  { label: 'Status', cell: (run) => _jsx(Badge, { children: run.status }) },
                  { label: 'Data', cell: (run) => run.dataset ?? run.spec.data },
                  { label: 'Target', cell: (run) => run.spec.target },
                  {
                    label: 'Estimator',
                    cell: (run) => run.candidates.find((each) => each.chosen)?.estimator ?? '–',
                  },
                  { label: 'Test', cell: (run) => headline(run) },
                  {
                    label: 'Started',
                    cell: (run) => _jsx(Time, { at: run.startedAt, text: ago(run.startedAt) }),
                  },
                ],
              }),
      }),
    ],
  });
}
function headline(run) {
  const test = run.metrics.test ?? {};
  const name = ['rocAuc', 'accuracy', 'rmse'].find((each) => test[each] !== undefined);
  return name === undefined ? '–' : `${metricName(name)} ${metric(test[name])}`;
}
/** One run: what was asked, every candidate with its metrics, and its learning curves. */
export function RunPage({ id }) {
  const query = useQuery('run.show', { run: id }, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: id }),
      _jsx(Answer, {
        of: query,
        children: (run) =>
          _jsxs(_Fragment, {
            children: [
              _jsxs('p', {
                class: 'row',
                children: [
                  _jsx(Badge, { children: run.status }),
                  _jsxs('span', {
                    children: [
                      'predicts ',
                      _jsx('strong', { children: run.spec.target }),
                      ' from',
                      ' ',
                      _jsx('a', {
                        href: to('datasets', run.dataset ?? run.spec.data),
                        children: run.dataset ?? run.spec.data,
                      }),
                    ],
                  }),
                  _jsx(Facts, { of: run }),
                  _jsx('a', { href: to('lineage', `run:${id}`), children: 'Lineage' }),
                ],
              }),
              run.error ? _jsx('p', { class: 'note bad', children: run.error }) : null,
              (run.notes ?? []).map((note) => _jsx('p', { class: 'note', children: note }, note)),
              _jsx('h2', { children: 'Metrics' }),
              _jsx(Metrics, { parts: run.metrics }),
              run.candidates.length > 0 ? _jsx(Candidates, { of: run.candidates }) : null,
              _jsx(Curves, { of: run.curves ?? {} }),
            ],
          }),
      }),
    ],
  });
}
function Facts({ of: run }) {
  return _jsxs('span', {
    class: 'quiet',
    children: [
      run.split
        ? `${count(run.split.trainRows)} rows to learn, ${count(run.split.testRows)} held out${run.split.boundary === undefined ? '' : `, from ${run.split.boundary.replace(/T00:00:00\.000Z$/, '')} on`}`
        : '',
      run.finishedAt ? ` · took ${duration(run.startedAt, run.finishedAt)}` : '',
    ],
  });
}
function Curves({ of: curves }) {
  const series = Object.entries(curves).map(([name, points]) => ({ name, points }));
  if (series.every((each) => each.points.length < 2)) return null;
  const best = series.map((each) => `${each.name} ${metric(Math.min(...each.points))}`).join(', ');
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'Learning curves' }),
      _jsx(Lines, {
        series: series,
        yLabel: 'loss on the validation part',
        xLabel: 'epoch',
        about: `Learning curves: loss on the validation part by epoch. Lowest: ${best}.`,
      }),
    ],
  });
}
function Candidates({ of: candidates }) {
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'Candidates' }),
      _jsx(Table, {
        caption: 'Estimators that were tried',
        rows: candidates,
        isMarked: (each) => each.chosen,
        columns: [
          { label: 'Estimator', cell: (each) => each.estimator },
          { label: 'Chosen', cell: (each) => (each.chosen ? _jsx(Badge, { children: 'chosen' }) : '–') },
          ...Object.keys(candidates[0]?.metrics ?? {}).map((name) => ({
            label: metricName(name),
            isNumber: true,
            cell: (each) => metric(each.metrics[name]),
          })),
        ],
      }),
    ],
  });
}
/** Metrics by part of the data: `test`, `validation`, … */
function Metrics({ parts }) {
  const names = [...new Set(Object.values(parts).flatMap((metrics) => Object.keys(metrics)))];
  if (names.length === 0) return _jsx('p', { class: 'quiet', children: 'None yet.' });
  return _jsx(Table, {
    caption: 'Metrics by part of the data',
    rows: names,
    columns: [
      { label: 'Metric', cell: (name) => metricName(name) },
      ...Object.keys(parts).map((part) => ({
        label: part,
        isNumber: true,
        cell: (name) => metric(parts[part]?.[name]),
      })),
    ],
  });
}
