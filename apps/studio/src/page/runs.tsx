import type { Run } from '../answers.ts';
import { Lines, type Series } from '../chart/lines.tsx';
import { ago, metricName, number } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

const POLL_MS = 3_000;

export function RunsPage() {
  const list = useQuery<{ runs: Run[] }>('run.list', {}, POLL_MS);
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
                { label: 'Data', cell: (run) => run.dataset ?? run.spec.data },
                { label: 'Target', cell: (run) => run.spec.target },
                {
                  label: 'Estimator',
                  cell: (run) => run.candidates.find((each) => each.chosen)?.estimator ?? '–',
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

function headline(run: Run): string {
  const test = run.metrics.test ?? {};
  const name = ['rocAuc', 'accuracy', 'rmse'].find((each) => test[each] !== undefined);
  return name === undefined ? '–' : `${metricName(name)} ${number(test[name])}`;
}

/** One run: what was asked, every candidate with its metrics, and its learning curves. */
export function RunPage({ id }: { id: string }) {
  const query = useQuery<Run & { curves?: readonly Series[] }>('run.show', { run: id }, POLL_MS);
  return (
    <>
      <h1>{id}</h1>
      <Answer of={query}>
        {(run) => (
          <>
            <p class="row">
              <Badge>{run.status}</Badge> predicts <strong>{run.spec.target}</strong> from{' '}
              <a href={to('datasets', run.dataset ?? run.spec.data)}>{run.dataset ?? run.spec.data}</a>
              <a href={to('lineage', `run:${id}`)}>Lineage</a>
            </p>
            {run.error ? <p class="note bad">{run.error}</p> : null}
            <h2>Metrics</h2>
            <Metrics parts={run.metrics} />
            {run.candidates.length > 0 ? <Candidates of={run.candidates} /> : null}
            {run.curves && run.curves.length > 0 ? (
              <>
                <h2>Learning curves</h2>
                <Lines series={run.curves} about={`Learning curves of ${id}`} />
              </>
            ) : null}
          </>
        )}
      </Answer>
    </>
  );
}

type Candidate = Run['candidates'][number];

function Candidates({ of: candidates }: { of: readonly Candidate[] }) {
  return (
    <>
      <h2>Candidates</h2>
      <Table
        caption="Estimators that were tried"
        rows={candidates}
        columns={[
          { label: 'Estimator', cell: (each) => each.estimator },
          { label: 'Chosen', cell: (each) => (each.chosen ? 'yes' : 'no') },
          ...Object.keys(candidates[0]?.metrics ?? {}).map((name) => ({
            label: metricName(name),
            isNumber: true,
            cell: (each: Candidate) => number(each.metrics[name]),
          })),
        ]}
      />
    </>
  );
}

/** Metrics by part of the data: `test`, `validation`, … */
function Metrics({ parts }: { parts: Run['metrics'] }) {
  const names = [...new Set(Object.values(parts).flatMap((metrics) => Object.keys(metrics)))];
  if (names.length === 0) return <p class="quiet">None yet.</p>;
  return (
    <Table
      caption="Metrics by part of the data"
      rows={names}
      columns={[
        { label: 'Metric', cell: (name) => metricName(name) },
        ...Object.keys(parts).map((part) => ({
          label: part,
          isNumber: true,
          cell: (name: string) => number(parts[part]?.[name]),
        })),
      ]}
    />
  );
}
