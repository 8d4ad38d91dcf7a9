import { ago } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { type Output, server } from '../../frame/server.ts';
import { Badge, Time } from '../../ui/badge.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';

type Alert = Output<'monitor.alerts'>['alerts'][number];

export function AlertList({ alerts, changed }: { alerts: readonly Alert[]; changed: () => void }) {
  return (
    <ul class="alerts">
      {alerts.map((alert) => (
        <li class="card" key={alert.alert}>
          <div class="row">
            <Badge>{alert.state}</Badge>
            <strong>
              {alert.kind} · <a href={to('deployments', alert.deployment)}>{alert.deployment}</a>
            </strong>
            <Time at={alert.openedAt} text={ago(alert.openedAt)} />
            {alert.state === 'open' ? (
              <ConfirmButton
                label="Acknowledge"
                title={`Acknowledge ${alert.alert}?`}
                act={() => server.monitor.acknowledge({ alert: alert.alert })}
                done={changed}
                says={`${alert.alert} is acknowledged.`}
              >
                <p>It stays until its cause is gone; others see that somebody looks after it.</p>
              </ConfirmButton>
            ) : null}
          </div>
          <p>{alert.summary}</p>
          {alert.resolution ? <p class="quiet">{alert.resolution}</p> : null}
        </li>
      ))}
    </ul>
  );
}
