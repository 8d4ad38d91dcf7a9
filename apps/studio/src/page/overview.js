import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { count, plural } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge } from '../ui/badge.tsx';
import { EventTable } from '../ui/event-table.tsx';
import { useQuery } from '../use-query.ts';
import { AlertList } from './alert-list.tsx';

const POLL_MS = 5_000;
/** What happened, and whether something needs a person. */
export function OverviewPage() {
  const datasets = useQuery('data.list');
  const models = useQuery('model.list');
  const status = useQuery('monitor.status', {}, POLL_MS);
  const events = useQuery('audit.log', { limit: 12 }, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Overview' }),
      _jsxs('div', {
        class: 'cards',
        children: [
          _jsx(Answer, {
            of: datasets,
            children: ({ datasets: versions }) =>
              _jsx(Tile, {
                label: 'Datasets',
                href: to('datasets'),
                value: new Set(versions.map((each) => each.dataset)).size,
                children: plural(versions.length, 'version'),
              }),
          }),
          _jsx(Answer, {
            of: models,
            children: ({ models: versions }) =>
              _jsx(Tile, {
                label: 'Models',
                href: to('models'),
                value: new Set(versions.map((each) => each.name)).size,
                children: plural(versions.length, 'version'),
              }),
          }),
          _jsx(Answer, {
            of: status,
            children: ({ deployments }) =>
              _jsxs(_Fragment, {
                children: [
                  _jsx(Tile, {
                    label: 'Deployments',
                    href: to('deployments'),
                    value: deployments.length,
                    children: `${count(deployments.reduce((sum, each) => sum + each.traffic.rows, 0))} rows predicted`,
                  }),
                  _jsx(Tile, {
                    label: 'Open alerts',
                    href: to('deployments'),
                    value: deployments.reduce((sum, each) => sum + each.alerts.length, 0),
                    children: deployments.some((each) => each.alerts.length > 0)
                      ? _jsx(Badge, { children: 'alert' })
                      : _jsx(Badge, { children: 'ok' }),
                  }),
                ],
              }),
          }),
        ],
      }),
      _jsx(Answer, {
        of: status,
        children: ({ deployments }) => {
          const alerts = deployments.flatMap((each) => each.alerts);
          return alerts.length > 0
            ? _jsxs('section', {
                children: [
                  _jsx('h2', { children: 'Open alerts' }),
                  _jsx(AlertList, { alerts: alerts, changed: status.reload }),
                ],
              })
            : null;
        },
      }),
      _jsxs('section', {
        children: [
          _jsx('h2', { children: 'Recent events' }),
          _jsx(Answer, {
            of: events,
            children: ({ events: recent }) =>
              recent.length === 0
                ? _jsx(Empty, {
                    command: 'trestle data add FILE --name NAME',
                    children: 'Nothing has happened yet. Add data to begin.',
                  })
                : _jsx(EventTable, { events: recent }),
          }),
        ],
      }),
    ],
  });
}
function Tile(props) {
  return _jsxs('a', {
    class: 'card tile',
    href: props.href,
    children: [
      _jsx('span', { class: 'quiet', children: props.label }),
      _jsx('strong', { children: count(props.value) }),
      _jsx('span', { children: props.children }),
    ],
  });
}
