import { Lines } from '../../chart/lines.tsx';
import { ago, count, duration, metric, metricName } from '../../format.ts';
import { to } from '../../frame/route.ts';
import type { Output } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Badge, Time } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';
import { Panels } from '../extensions/panels.tsx';
import { Training, Understood } from './training.tsx';

type Run = Output<'run.list'>['runs'][number];

/** Curves grow without an event. */
const POLL_MS = 3_000;

export function RunsPage() {
  const list = useQuery('run.list', { kind: 'training' });
  return (
    <>
      <h1>Runs</h1>
      <Answer of={list}>
        {({ runs }) =>
          runs.length === 0 ? (
            <Empty command="trestle train --data NAME --target COLUMN">Nothing has been trained yet.</Empty>
          ) : (
            <Table
              caption="Training runs"
              rows={runs}
              columns={[
                { label: 'Run', cell: (run) => <a href={to('runs', run.run)}>{run.run}</a> },
                { label: 'Status', cell: (run) => <Badge>{run.status}</Badge> },
                { label: 'Data', cell: (run) => run.dataset ?? run.spec?.data ?? '–' },
                { label: 'Target', cell: (run) => run.spec?.target ?? '–' },
                {
                  label: 'Estimator',
                  cell: (run) => estimatorOf(run),
                },
                { label: 'Test', cell: (run) => headline(run) },
                { label: 'Started', cell: (run) => <Time at={run.startedAt} text={ago(run.startedAt)} /> },
              ]}
            />
          )
        }
      </Answer>
    </>
  );
}

function estimatorOf({ candidates = [] }: Run): string {
  const chosen = candidates.filter((each) => each.chosen);
  return chosen.length > 1 ? `ensemble of ${chosen.length}` : (chosen[0]?.estimator ?? '–');
}

function headline(run: Run): string {
  const test = partsOf(run.metrics).get('test') ?? {};
  const name = ['rocAuc', 'accuracy', 'rmse'].find((each) => test[each] !== undefined);
  return name === undefined ? '–' : `${metricName(name)} ${metric(test[name])}`;
}

/** One run: what was asked, every candidate with its metrics, and its learning curves. */
export function RunPage({ id }: { id: string }) {
  const query = useQuery('run.show', { run: id }, { pollMs: POLL_MS });
  return (
    <>
      <h1>{id}</h1>
      <Answer of={query}>
        {(run) => (
          <>
            <p class="row">
              <Badge>{run.status}</Badge>
              <Task of={run} />
              <Facts of={run} />
              <a href={to('lineage', `run:${id}`)}>Lineage</a>
            </p>
            {run.error ? <p class="note bad">{run.error}</p> : null}
            {(run.notes ?? []).map((note) => (
              <p class="note" key={note}>
                {note}
              </p>
            ))}
            <Understood of={run} />
            <h2>Metrics</h2>
            <Metrics of={run.metrics} baseline={run.baseline?.test} />
            <Training of={run} />
            <Curves of={run.curves ?? {}} />
          </>
        )}
      </Answer>
      <Panels on="run" subject={id} />
    </>
  );
}

/** What was asked of a training; a run of another kind says its kind. */
function Task({ of: run }: { of: Run }) {
  if (run.spec === undefined) return <span>{run.kind}</span>;
  const data = run.dataset ?? run.spec.data;
  return (
    <span>
      predicts <strong>{run.spec.target}</strong> from <a href={to('datasets', data)}>{data}</a>
    </span>
  );
}

function Facts({ of: run }: { of: Run }) {
  return (
    <span class="quiet">
      {run.split
        ? `${count(run.split.trainRows)} rows to learn, ${count(run.split.testRows)} held out${run.split.boundary === undefined ? '' : `, from ${run.split.boundary.replace(/T00:00:00\.000Z$/, '')} on`}`
        : ''}
      {run.finishedAt ? ` · took ${duration(run.startedAt, run.finishedAt)}` : ''}
    </span>
  );
}

function Curves({ of: curves }: { of: Readonly<Record<string, readonly number[]>> }) {
  const series = Object.entries(curves).map(([name, points]) => ({ name, points }));
  if (series.every((each) => each.points.length < 2)) return null;
  const best = series.map((each) => `${each.name} ${metric(Math.min(...each.points))}`).join(', ');
  return (
    <>
      <h2>Learning curves</h2>
      <Lines
        series={series}
        yLabel="loss on the validation part"
        xLabel="epoch"
        about={`Learning curves: loss on the validation part by epoch. Lowest: ${best}.`}
      />
    </>
  );
}

type PartMetrics = Readonly<Record<string, number | null>>;

/** Metrics by part of the data: `test`, `validation`, …; those of no part stand under the whole run. */
function partsOf(metrics: Run['metrics']): ReadonlyMap<string, PartMetrics> {
  const parts = new Map<string, PartMetrics>();
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value === 'number' || value === null)
      parts.set('whole run', { ...parts.get('whole run'), [name]: value });
    else parts.set(name, value);
  }
  return parts;
}

function Metrics({ of: metrics, baseline }: { of: Run['metrics']; baseline: PartMetrics | undefined }) {
  const parts = [...partsOf(metrics), ...(baseline ? [['baseline', baseline] as const] : [])];
  const names = [...new Set(parts.flatMap(([, values]) => Object.keys(values)))];
  if (names.length === 0) return <p class="quiet">None yet.</p>;
  return (
    <Table
      caption="Metrics by part of the data"
      rows={names}
      columns={[
        { label: 'Metric', cell: (name) => metricName(name) },
        ...parts.map(([part, values]) => ({
          label: part,
          isNumber: true,
          cell: (name: string) => metric(values[name]),
        })),
      ]}
    />
  );
}
