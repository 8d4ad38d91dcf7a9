import type { Alert, DeploymentStatus, DriftReport, FeatureDrift } from '../answers.ts';
import { call } from '../api.ts';
import { Bars } from '../chart/bars.tsx';
import { ComparedBars } from '../chart/compared-bars.tsx';
import { ago, count, metricName, number, percent } from '../format.ts';
import { to } from '../route.ts';
import { Answer } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { ConfirmButton } from '../ui/confirm-button.tsx';
import { useQuery } from '../use-query.ts';
import { AlertList } from './alert-list.tsx';

const POLL_MS = 5_000;

/** One deployment: traffic, latency, performance, drift per feature, alerts. */
export function DeploymentPage({ name }: { name: string }) {
  const status = useQuery<{ deployments: DeploymentStatus[] }>(
    'monitor.status',
    { deployment: name },
    POLL_MS,
  );
  const drift = useQuery<DriftReport>('monitor.drift', { deployment: name });
  const alerts = useQuery<{ alerts: Alert[] }>('monitor.alerts', { deployment: name, limit: 20 }, POLL_MS);
  const reload = (): void => {
    status.reload();
    drift.reload();
    alerts.reload();
  };
  return (
    <>
      <h1>{name}</h1>
      <Answer of={status}>
        {({ deployments: [deployment] }) => (deployment ? <Facts of={deployment} reload={reload} /> : null)}
      </Answer>
      <h2>Drift</h2>
      <Answer of={drift}>{(report) => <Drift report={report} />}</Answer>
      <h2>Alerts</h2>
      <Answer of={alerts}>
        {({ alerts: all }) =>
          all.length === 0 ? <p class="quiet">None so far.</p> : <AlertList alerts={all} changed={reload} />
        }
      </Answer>
    </>
  );
}

function Facts({ of, reload }: { of: DeploymentStatus; reload: () => void }) {
  const { traffic, performance, lastRetrain } = of;
  const bars = traffic.recent.map((step) => ({
    label: new Date(step.from).toLocaleTimeString(),
    value: step.requests,
  }));
  return (
    <>
      <p class="row">
        <Badge>{of.health}</Badge>
        <a href={to('models', of.model.name)}>{`${of.model.name}@${of.model.version}`}</a>
        <span class="quiet">revision {of.revision}</span>
        <a href={to('lineage', `deployment:${of.deployment}@${of.revision}`)}>Lineage</a>
        <ConfirmButton
          label="Check now"
          title={`Check ${of.deployment} now?`}
          act={() => call('monitor.check', { deployment: of.deployment })}
          done={reload}
        >
          <p>Measures drift and performance, opens and resolves alerts, and starts the configured action.</p>
        </ConfirmButton>
      </p>
      <div class="cards">
        <article class="card">
          <h2>Traffic</h2>
          <p>
            {count(traffic.requests)} requests, {count(traffic.rows)} rows
            {traffic.lastRequestAt ? (
              <>
                , last <Time at={traffic.lastRequestAt} text={ago(traffic.lastRequestAt)} />
              </>
            ) : null}
          </p>
          <Bars bars={bars} about="The newest requests over time" />
        </article>
        <article class="card">
          <h2>Latency</h2>
          {traffic.latencyMs ? (
            <dl>
              {Object.entries(traffic.latencyMs).map(([name, ms]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{number(ms)} ms</dd>
                </div>
              ))}
            </dl>
          ) : (
            <p class="quiet">No requests yet.</p>
          )}
        </article>
        <article class="card">
          <h2>Performance</h2>
          {performance ? (
            <>
              <p class="row">
                <Badge>{performance.state}</Badge> {count(performance.labelledRows)} labelled rows
              </p>
              <dl>
                {Object.entries(performance.metrics).map(([name, value]) => (
                  <div key={name}>
                    <dt>{metricName(name)}</dt>
                    <dd>{number(value)}</dd>
                  </div>
                ))}
              </dl>
            </>
          ) : (
            <p class="quiet">Not checked yet.</p>
          )}
        </article>
      </div>
      {lastRetrain ? (
        <p class={`note ${lastRetrain.promoted ? 'good' : ''}`}>
          Latest retraining (<a href={to('runs', lastRetrain.run)}>{lastRetrain.run}</a>):{' '}
          {lastRetrain.reason}
        </p>
      ) : null}
    </>
  );
}

function Drift({ report }: { report: DriftReport }) {
  if (report.state === 'waiting')
    return (
      <p class="quiet">
        {count(report.window.rows)} rows so far; {count(report.window.minRows)} are needed for a verdict.
      </p>
    );
  if (report.state === 'no-reference')
    return <p class="quiet">The model brings no training statistics to compare with.</p>;
  const strongestFirst = report.features.toSorted(
    (a, b) => Number(b.drifted) - Number(a.drifted) || b.statistic / b.threshold - a.statistic / a.threshold,
  );
  return (
    <>
      <p class="row">
        <Badge>{report.state}</Badge> the newest {count(report.window.rows)} rows against the training data:{' '}
        <span class="legend before">training</span> <span class="legend now">live</span>
      </p>
      <div class="features">
        {strongestFirst.map((feature) => (
          <FeatureCard key={feature.name} feature={feature} />
        ))}
      </div>
    </>
  );
}

function FeatureCard({ feature }: { feature: FeatureDrift }) {
  const says = `${feature.test} ${number(feature.statistic)} (threshold ${number(feature.threshold)})`;
  return (
    <details class="card" open={feature.drifted}>
      <summary>
        <strong>{feature.name}</strong> <span class="quiet">{says}</span>{' '}
        {feature.drifted ? <Badge>drifted</Badge> : <Badge>ok</Badge>}
      </summary>
      <ComparedBars
        bins={feature.bins}
        about={`${feature.name}: training data against live traffic, ${says}`}
      />
      <p class="quiet">
        Missing: {percent(feature.missing.reference)} in training, {percent(feature.missing.current)} live.
        Adjusted p {feature.pValue < 1e-4 ? '< 0.0001' : number(feature.pValue)}.
      </p>
    </details>
  );
}
