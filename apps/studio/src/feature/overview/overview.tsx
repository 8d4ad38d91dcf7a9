import { count, plural } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Badge } from '../../ui/badge.tsx';
import { EventTable } from '../../ui/event-table.tsx';
import { AlertList } from '../deployments/alert-list.tsx';

const POLL_MS = 5_000;

/** What happened, and whether something needs a person. */
export function OverviewPage() {
  const datasets = useQuery('data.list', {});
  const models = useQuery('model.list', {});
  const status = useQuery('monitor.status', {}, { pollMs: POLL_MS });
  const events = useQuery('audit.log', { limit: 12 });
  return (
    <>
      <h1>Overview</h1>
      <div class="cards">
        <Answer of={datasets}>
          {({ datasets: versions }) => (
            <Tile
              label="Datasets"
              href={to('datasets')}
              value={new Set(versions.map((each) => each.dataset)).size}
            >
              {plural(versions.length, 'version')}
            </Tile>
          )}
        </Answer>
        <Answer of={models}>
          {({ models: versions }) => (
            <Tile label="Models" href={to('models')} value={new Set(versions.map((each) => each.name)).size}>
              {plural(versions.length, 'version')}
            </Tile>
          )}
        </Answer>
        <Answer of={status}>
          {({ deployments }) => (
            <>
              <Tile label="Deployments" href={to('deployments')} value={deployments.length}>
                {`${count(deployments.reduce((sum, each) => sum + each.traffic.rows, 0))} rows predicted`}
              </Tile>
              <Tile
                label="Open alerts"
                href={to('deployments')}
                value={deployments.reduce((sum, each) => sum + each.alerts.length, 0)}
              >
                {deployments.some((each) => each.alerts.length > 0) ? (
                  <Badge>alert</Badge>
                ) : (
                  <Badge>ok</Badge>
                )}
              </Tile>
            </>
          )}
        </Answer>
      </div>
      <Answer of={status}>
        {({ deployments }) => {
          const alerts = deployments.flatMap((each) => each.alerts);
          return alerts.length > 0 ? (
            <section>
              <h2>Open alerts</h2>
              <AlertList alerts={alerts} changed={status.reload} />
            </section>
          ) : null;
        }}
      </Answer>
      <section>
        <h2>Recent events</h2>
        <Answer of={events}>
          {({ events: recent }) =>
            recent.length === 0 ? (
              <Empty command="trestle data add FILE --name NAME">
                Nothing has happened yet. Add data to begin.
              </Empty>
            ) : (
              <EventTable events={recent} />
            )
          }
        </Answer>
      </section>
    </>
  );
}

function Tile(props: { label: string; href: string; value: number; children: preact.ComponentChildren }) {
  return (
    <a class="card tile" href={props.href}>
      <span class="quiet">{props.label}</span>
      <strong>{count(props.value)}</strong>
      <span>{props.children}</span>
    </a>
  );
}
