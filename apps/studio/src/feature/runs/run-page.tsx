import { useState } from 'preact/hooks';
import { count, duration, metric, metricName } from '../../format.ts';
import { to } from '../../frame/route.ts';
import type { Output } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer } from '../../ui/answer.tsx';
import { Badge } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';
import { Panels } from '../extensions/panels.tsx';
import { EvaluationPictures } from './pictures.tsx';
import { LookTools, SeriesChart, useLook } from './series-chart.tsx';
import { Training, Understood } from './training.tsx';

type Run = Output<'run.list'>['runs'][number];

/** Curves grow without an event. */
const POLL_MS = 3_000;
/** Charts that are there at once; each asks for its series. */
const CHARTS = 24;

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
            <EvaluationPictures of={run} />
            <Training of={run} />
            <Charts of={run} />
            <Settings of={run} />
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

/** A picture for each series of more than one value; live as long as the run is. */
function Charts({ of: run }: { of: Run }) {
  const columns = useQuery(
    'run.columns',
    { runs: [run.run] },
    run.status === 'running' ? { pollMs: POLL_MS } : {},
  );
  const look = useLook();
  const [isWhole, setIsWhole] = useState(false);
  const series = (columns.data?.metrics ?? []).filter(({ points }) => points > 1);
  if (series.length === 0) return null;
  const shown = isWhole ? series : series.slice(0, CHARTS);
  const isLive = run.status === 'running';
  return (
    <>
      <h2>Learning curves</h2>
      <LookTools of={look} />
      <div class="charts">
        {shown.map(({ name }) => (
          <SeriesChart key={name} runs={[run.run]} metric={name} look={look} isLive={isLive} />
        ))}
      </div>
      {shown.length === series.length ? null : (
        <p>
          <button type="button" onClick={() => setIsWhole(true)}>
            {`Show all ${series.length} series`}
          </button>
        </p>
      )}
    </>
  );
}

/** What was given, and the code and surroundings that it ran in. */
function Settings({ of: run }: { of: Run }) {
  const params = Object.entries(run.params);
  const surroundings = Object.entries({ ...run.code, ...run.environment });
  return (
    <>
      {params.length === 0 ? null : (
        <>
          <h2>Settings</h2>
          <Table
            caption="Parameters of the run"
            rows={params}
            columns={[
              { label: 'Parameter', cell: ([name]) => name },
              { label: 'Value', isText: true, cell: ([, value]) => textOf(value) },
            ]}
          />
        </>
      )}
      {surroundings.length === 0 ? null : (
        <>
          <h2>Code and environment</h2>
          <Table
            caption="The code and what it ran in"
            rows={surroundings}
            columns={[
              { label: 'What', cell: ([name]) => name },
              { label: 'Value', isText: true, cell: ([, value]) => textOf(value) },
            ]}
          />
        </>
      )}
      {run.artifacts.length === 0 ? null : (
        <>
          <h2>Artifacts</h2>
          <Table
            caption="Files of the run"
            rows={run.artifacts}
            columns={[
              { label: 'File', cell: ({ name }) => name },
              { label: 'Bytes', isNumber: true, cell: ({ bytes }) => count(bytes) },
              { label: 'SHA-256', cell: ({ digest }) => digest },
            ]}
          />
        </>
      )}
    </>
  );
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

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
