import { Bars } from '../../chart/bars.tsx';
import { ComparedBars } from '../../chart/compared-bars.tsx';
import { ago, count, metric, metricName, number, percent, plural } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { type Output, server } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer } from '../../ui/answer.tsx';
import { Badge, Time } from '../../ui/badge.tsx';
import { ConfirmButton } from '../../ui/confirm-button.tsx';
import { Table } from '../../ui/table.tsx';
import { Panels } from '../extensions/panels.tsx';
import { AlertList } from './alert-list.tsx';
import { RolloutPart } from './rollout.tsx';

const POLL_MS = 5_000;
/** Judged every second. */
const ROLLOUT_MS = 2_000;
/** It takes a while to measure. */
const DRIFT = { pollMs: 15_000, isFixed: true };

type DeploymentStatus = Output<'monitor.status'>['deployments'][number];
type Deployment = Output<'deployment.show'>;
type DriftReport = Output<'monitor.drift'>;
type FeatureDrift = DriftReport['features'][number];

/** One deployment: traffic, latency, performance, drift per feature, alerts. */
export function DeploymentPage({ name }: { name: string }) {
  const status = useQuery('monitor.status', { deployment: name }, { pollMs: POLL_MS });
  const drift = useQuery('monitor.drift', { deployment: name }, DRIFT);
  const history = useQuery('deployment.show', { deployment: name }, { pollMs: ROLLOUT_MS });
  const alerts = useQuery('monitor.alerts', { deployment: name, limit: 20 });
  const reload = (): void => {
    status.reload();
    drift.reload();
    alerts.reload();
    history.reload();
  };
  return (
    <>
      <h1 dir="auto">{name}</h1>
      <Answer of={status}>
        {({ deployments: [deployment] }) =>
          deployment ? <Facts of={deployment} follows={history.data?.follows} reload={reload} /> : null
        }
      </Answer>
      {history.data?.latest ? (
        <>
          <h2>Rollout {history.data.latest.rollout}</h2>
          <RolloutPart of={history.data.latest} deployment={name} changed={reload} />
        </>
      ) : null}
      <h2>Drift</h2>
      <Answer of={drift}>{(report) => <Drift report={report} />}</Answer>
      <h2>Alerts</h2>
      <Answer of={alerts}>
        {({ alerts: all }) =>
          all.length === 0 ? <p class="quiet">None so far.</p> : <AlertList alerts={all} changed={reload} />
        }
      </Answer>
      <h2>Revisions</h2>
      <Answer of={history}>{(deployment) => <Revisions of={deployment} changed={reload} />}</Answer>
      <Panels on="deployment" subject={name} />
    </>
  );
}

function Facts({
  of,
  follows,
  reload,
}: {
  of: DeploymentStatus;
  follows: string | undefined;
  reload: () => void;
}) {
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
        <span class="quiet">
          revision {of.revision}
          {follows === undefined ? '' : `, follows “${follows}”`}
        </span>
        <a href={to('lineage', `deployment:${of.deployment}@${of.revision}`)}>Lineage</a>
        <ConfirmButton
          label="Check now"
          title={`Check ${of.deployment} now?`}
          act={() => server.monitor.check({ deployment: of.deployment })}
          done={reload}
          says={`${of.deployment} was checked.`}
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
          {bars.length > 1 && traffic.requests > 1 ? (
            <Bars
              bars={bars}
              about={`Requests over time, from ${bars[0]?.label} to ${bars.at(-1)?.label}`}
              ends={[bars[0]?.label ?? '', bars.at(-1)?.label ?? '']}
            />
          ) : null}
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
                    <dd>{metric(value)}</dd>
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
        {plural(report.window.rows, 'row')} of this model so far; {count(report.window.minRows)} are needed
        for a verdict.
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
        {strongestFirst.map((feature, rank) => (
          <FeatureCard key={feature.name} feature={feature} isOpen={feature.drifted && rank < SHOWN} />
        ))}
      </div>
    </>
  );
}

function Revisions({ of, changed }: { of: Deployment; changed: () => void }) {
  return (
    <>
      {of.revisions.length > 1 ? (
        <p>
          <ConfirmButton
            label="Roll back"
            title={`Roll ${of.deployment} back?`}
            act={() => server.deployment.rollback({ deployment: of.deployment })}
            done={changed}
            says={`${of.deployment} is rolled back.`}
          >
            <p>
              It serves the model before the current one again, and follows no alias until it is deployed
              anew.
            </p>
          </ConfirmButton>
        </p>
      ) : null}
      <Table
        caption={`Revisions of ${of.deployment}, newest first`}
        rows={of.revisions.toReversed()}
        columns={[
          { label: 'Revision', cell: (each) => each.revision },
          {
            label: 'Model',
            cell: (each) => <a href={to('models', each.model)}>{`${each.model}@${each.version}`}</a>,
          },
          { label: 'How', cell: (each) => each.kind },
          { label: 'Follows', cell: (each) => each.follows ?? '–' },
          { label: 'By', cell: (each) => each.actor },
          { label: 'Since', cell: (each) => <Time at={each.createdAt} text={ago(each.createdAt)} /> },
        ]}
      />
    </>
  );
}

/** Features whose picture is shown without a click. */
const SHOWN = 3;

function FeatureCard({ feature, isOpen }: { feature: FeatureDrift; isOpen: boolean }) {
  const says = `${feature.test} ${feature.approximate ? '≈ ' : ''}${number(feature.statistic)} (threshold ${number(feature.threshold)})`;
  return (
    <details class="card" open={isOpen}>
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
