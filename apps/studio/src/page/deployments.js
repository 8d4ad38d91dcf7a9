import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { count, number } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge } from '../ui/badge.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

const POLL_MS = 5_000;
export function DeploymentsPage() {
  const status = useQuery('monitor.status', {}, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Deployments' }),
      _jsx(Answer, {
        of: status,
        children: ({ deployments }) =>
          deployments.length === 0
            ? _jsx(Empty, { command: 'trestle deploy MODEL', children: 'Nothing is deployed yet.' })
            : _jsx(Table, {
                caption: 'Deployments',
                rows: deployments,
                columns: [
                  {
                    label: 'Deployment',
                    cell: (each) =>
                      _jsx('a', { href: to('deployments', each.deployment), children: each.deployment }),
                  },
                  { label: 'Health', cell: (each) => _jsx(Badge, { children: each.health }) },
                  {
                    label: 'Model',
                    cell: (each) =>
                      _jsx('a', {
                        href: to('models', each.model.name),
                        children: `${each.model.name}@${each.model.version}`,
                      }),
                  },
                  { label: 'Requests', isNumber: true, cell: (each) => count(each.traffic.requests) },
                  { label: 'Rows', isNumber: true, cell: (each) => count(each.traffic.rows) },
                  { label: 'Labels', isNumber: true, cell: (each) => count(each.traffic.labels) },
                  { label: 'p99 ms', isNumber: true, cell: (each) => number(each.traffic.latencyMs?.p99) },
                  { label: 'Alerts', isNumber: true, cell: (each) => each.alerts.length },
                ],
              }),
      }),
    ],
  });
}
