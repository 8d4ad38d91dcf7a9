import { count, number } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';

const POLL_MS = 5_000;

export function DeploymentsPage() {
  const status = useQuery('monitor.status', {}, { pollMs: POLL_MS });
  return (
    <>
      <h1>Deployments</h1>
      <Answer of={status}>
        {({ deployments }) =>
          deployments.length === 0 ? (
            <Empty command="trestle deploy MODEL">Nothing is deployed yet.</Empty>
          ) : (
            <Table
              caption="Deployments"
              rows={deployments}
              columns={[
                {
                  label: 'Deployment',
                  cell: (each) => <a href={to('deployments', each.deployment)}>{each.deployment}</a>,
                },
                { label: 'Health', cell: (each) => <Badge>{each.health}</Badge> },
                {
                  label: 'Model',
                  cell: (each) => (
                    <a href={to('models', each.model.name)}>{`${each.model.name}@${each.model.version}`}</a>
                  ),
                },
                { label: 'Requests', isNumber: true, cell: (each) => count(each.traffic.requests) },
                { label: 'Rows', isNumber: true, cell: (each) => count(each.traffic.rows) },
                { label: 'Labels', isNumber: true, cell: (each) => count(each.traffic.labels) },
                { label: 'p99 ms', isNumber: true, cell: (each) => number(each.traffic.latencyMs?.p99) },
                { label: 'Alerts', isNumber: true, cell: (each) => each.alerts.length },
              ]}
            />
          )
        }
      </Answer>
    </>
  );
}
