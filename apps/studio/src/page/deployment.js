import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { call } from '../api.ts';
import { Bars } from '../chart/bars.tsx';
import { ComparedBars } from '../chart/compared-bars.tsx';
import { ago, count, metric, metricName, number, percent, plural } from '../format.ts';
import { to } from '../route.ts';
import { Answer } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';
import { AlertList } from './alert-list.tsx';

const POLL_MS = 5_000;
const DRIFT_POLL_MS = 15_000;
/** One deployment: traffic, latency, performance, drift per feature, alerts. */
export function DeploymentPage({ name }) {
  const status = useQuery('monitor.status', { deployment: name }, POLL_MS);
  const drift = useQuery('monitor.drift', { deployment: name }, DRIFT_POLL_MS);
  const history = useQuery('deployment.show', { deployment: name }, POLL_MS);
  const alerts = useQuery('monitor.alerts', { deployment: name, limit: 20 }, POLL_MS);
  const reload = () => {
    status.reload();
    drift.reload();
    alerts.reload();
    history.reload();
  };
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { dir: 'auto', children: name }),
      _jsx(Answer, {
        of: status,
        children: ({ deployments: [deployment] }) =>
          deployment ? _jsx(Facts, { of: deployment, follows: history.data?.follows, reload: reload }) : null,
      }),
      _jsx('h2', { children: 'Drift' }),
      _jsx(Answer, { of: drift, children: (report) => _jsx(Drift, { report: report }) }),
      _jsx('h2', { children: 'Alerts' }),
      _jsx(Answer, {
        of: alerts,
        children: ({ alerts: all }) =>
          all.length === 0
            ? _jsx('p', { class: 'quiet', children: 'None so far.' })
            : _jsx(AlertList, { alerts: all, changed: reload }),
      }),
      _jsx('h2', { children: 'Revisions' }),
      _jsx(Answer, {
        of: history,
        children: (deployment) => _jsx(Revisions, { of: deployment, changed: reload }),
      }),
    ],
  });
}
function Facts({ of, follows, reload }) {
  const { traffic, performance, lastRetrain } = of;
  const bars = traffic.recent.map((step) => ({
    label: new Date(step.from).toLocaleTimeString(),
    value: step.requests,
  }));
  return _jsxs(_Fragment, {
    children: [
      _jsxs('p', {
        class: 'row',
        children: [
          _jsx(Badge, { children: of.health }),
          _jsx('a', { href: to('models', of.model.name), children: `${of.model.name}@${of.model.version}` }),
          _jsxs('span', {
            class: 'quiet',
            children: ['revision ', of.revision, follows === undefined ? '' : `, follows “${follows}”`],
          }),
          _jsx('a', {
            href: to('lineage', `deployment:${of.deployment}@${of.revision}`),
            children: 'Lineage',
          }),
          _jsx(ConfirmButton, {
            label: 'Check now',
            title: `Check ${of.deployment} now?`,
            act: () => call('monitor.check', { deployment: of.deployment }),
            done: reload,
            says: `${of.deployment} was checked.`,
            children: _jsx('p', {
              children:
                'Measures drift and performance, opens and resolves alerts, and starts the configured action.',
            }),
          }),
        ],
      }),
      _jsxs('div', {
        class: 'cards',
        children: [
          _jsxs('article', {
            class: 'card',
            children: [
              _jsx('h2', { children: 'Traffic' }),
              _jsxs('p', {
                children: [
                  count(traffic.requests),
                  ' requests, ',
                  count(traffic.rows),
                  ' rows',
                  traffic.lastRequestAt
                    ? _jsxs(_Fragment, {
                        children: [
                          ', last ',
                          _jsx(Time, { at: traffic.lastRequestAt, text: ago(traffic.lastRequestAt) }),
                        ],
                      })
                    : null,
                ],
              }),
              bars.length > 1 && traffic.requests > 1
                ? _jsx(Bars, {
                    bars: bars,
                    about: `Requests over time, from ${bars[0]?.label} to ${bars.at(-1)?.label}`,
                    ends: [bars[0]?.label ?? '', bars.at(-1)?.label ?? ''],
                  })
                : null,
            ],
          }),
          _jsxs('article', {
            class: 'card',
            children: [
              _jsx('h2', { children: 'Latency' }),
              traffic.latencyMs
                ? _jsx('dl', {
                    children: Object.entries(traffic.latencyMs).map(([name, ms]) =>
                      _jsxs(
                        'div',
                        {
                          children: [
                            _jsx('dt', { children: name }),
                            _jsxs('dd', { children: [number(ms), ' ms'] }),
                          ],
                        },
                        name,
                      ),
                    ),
                  })
                : _jsx('p', { class: 'quiet', children: 'No requests yet.' }),
            ],
          }),
          _jsxs('article', {
            class: 'card',
            children: [
              _jsx('h2', { children: 'Performance' }),
              performance
                ? _jsxs(_Fragment, {
                    children: [
                      _jsxs('p', {
                        class: 'row',
                        children: [
                          _jsx(Badge, { children: performance.state }),
                          ' ',
                          count(performance.labelledRows),
                          ' labelled rows',
                        ],
                      }),
                      _jsx('dl', {
                        children: Object.entries(performance.metrics).map(([name, value]) =>
                          _jsxs(
                            'div',
                            {
                              children: [
                                _jsx('dt', { children: metricName(name) }),
                                _jsx('dd', { children: metric(value) }),
                              ],
                            },
                            name,
                          ),
                        ),
                      }),
                    ],
                  })
                : _jsx('p', { class: 'quiet', children: 'Not checked yet.' }),
            ],
          }),
        ],
      }),
      lastRetrain
        ? _jsxs('p', {
            class: `note ${lastRetrain.promoted ? 'good' : ''}`,
            children: [
              'Latest retraining (',
              _jsx('a', { href: to('runs', lastRetrain.run), children: lastRetrain.run }),
              '):',
              ' ',
              lastRetrain.reason,
            ],
          })
        : null,
    ],
  });
}
function Drift({ report }) {
  if (report.state === 'waiting')
    return _jsxs('p', {
      class: 'quiet',
      children: [
        plural(report.window.rows, 'row'),
        ' of this model so far; ',
        count(report.window.minRows),
        ' are needed for a verdict.',
      ],
    });
  if (report.state === 'no-reference')
    return _jsx('p', {
      class: 'quiet',
      children: 'The model brings no training statistics to compare with.',
    });
  const strongestFirst = report.features.toSorted(
    (a, b) => Number(b.drifted) - Number(a.drifted) || b.statistic / b.threshold - a.statistic / a.threshold,
  );
  return _jsxs(_Fragment, {
    children: [
      _jsxs('p', {
        class: 'row',
        children: [
          _jsx(Badge, { children: report.state }),
          ' the newest ',
          count(report.window.rows),
          ' rows against the training data:',
          ' ',
          _jsx('span', { class: 'legend before', children: 'training' }),
          ' ',
          _jsx('span', { class: 'legend now', children: 'live' }),
        ],
      }),
      _jsx('div', {
        class: 'features',
        children: strongestFirst.map((feature, rank) =>
          _jsx(FeatureCard, { feature: feature, isOpen: feature.drifted && rank < SHOWN }, feature.name),
        ),
      }),
    ],
  });
}
function Revisions({ of, changed }) {
  return _jsxs(_Fragment, {
    children: [
      of.revisions.length > 1
        ? _jsx('p', {
            children: _jsx(ConfirmButton, {
              label: 'Roll back',
              title: `Roll ${of.deployment} back?`,
              act: () => call('deployment.rollback', { deployment: of.deployment }),
              done: changed,
              says: `${of.deployment} is rolled back.`,
              children: _jsx('p', {
                children:
                  'It serves the model before the current one again, and follows no alias until it is deployed anew.',
              }),
            }),
          })
        : null,
      _jsx(Table, {
        caption: `Revisions of ${of.deployment}, newest first`,
        rows: of.revisions.toReversed(),
        columns: [
          { label: 'Revision', cell: (each) => each.revision },
          {
            label: 'Model',
            cell: (each) =>
              _jsx('a', { href: to('models', each.model), children: `${each.model}@${each.version}` }),
          },
          { label: 'How', cell: (each) => each.kind },
          { label: 'Follows', cell: (each) => each.follows ?? '–' },
          { label: 'By', cell: (each) => each.actor },
          { label: 'Since', cell: (each) => _jsx(Time, { at: each.createdAt, text: ago(each.createdAt) }) },
        ],
      }),
    ],
  });
}
/** Features whose picture is shown without a click. */
const SHOWN = 3;
function FeatureCard({ feature, isOpen }) {
  const says = `${feature.test} ${number(feature.statistic)} (threshold ${number(feature.threshold)})`;
  return _jsxs('details', {
    class: 'card',
    open: isOpen,
    children: [
      _jsxs('summary', {
        children: [
          _jsx('strong', { children: feature.name }),
          ' ',
          _jsx('span', { class: 'quiet', children: says }),
          ' ',
          feature.drifted ? _jsx(Badge, { children: 'drifted' }) : _jsx(Badge, { children: 'ok' }),
        ],
      }),
      _jsx(ComparedBars, {
        bins: feature.bins,
        about: `${feature.name}: training data against live traffic, ${says}`,
      }),
      _jsxs('p', {
        class: 'quiet',
        children: [
          'Missing: ',
          percent(feature.missing.reference),
          ' in training, ',
          percent(feature.missing.current),
          ' live. Adjusted p ',
          feature.pValue < 1e-4 ? '< 0.0001' : number(feature.pValue),
          '.',
        ],
      }),
    ],
  });
}
