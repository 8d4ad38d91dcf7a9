import { metric, metricName } from '../../format.ts';
import type { Output } from '../../frame/server.ts';
import { Badge } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';

type Run = Output<'run.list'>['runs'][number];

/** What a training tried, how well what it kept knows each class, and what it made of the columns. */
export function Training({ of: run }: { of: Run }) {
  return (
    <>
      <Candidates of={run} />
      <Classes of={run.classes} />
      <Features of={run} />
    </>
  );
}

/** How what was asked of a training was understood. */
export function Understood({
  of: { metric: deciding, positive, threshold, validation, baseline },
}: {
  of: Run;
}) {
  const facts = [
    ...(positive ? [['positive class', `${positive.class} (${positive.why})`] as const] : []),
    ...(threshold === undefined ? [] : [['threshold', String(Number(threshold.toPrecision(4)))] as const]),
    ...(deciding
      ? [
          [
            'metric that decides',
            `${metricName(deciding.name)}, ${deciding.better} is better (${deciding.why})`,
          ] as const,
        ]
      : []),
    ...(validation ? [['candidates are judged on', validation.how] as const] : []),
    ...(baseline ? [['baseline', baseline.name] as const] : []),
  ];
  if (facts.length === 0) return null;
  return (
    <dl class="card facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type Candidate = NonNullable<Run['candidates']>[number];

function Candidates({ of: { candidates = [], baseline, validation } }: { of: Run }) {
  if (candidates.length === 0) return null;
  const isEnsemble = candidates.filter(({ chosen }) => chosen).length > 1;
  const others: readonly Candidate[] = [
    ...(isEnsemble && validation
      ? [{ estimator: 'ensemble of those with a weight', metrics: validation.metrics, chosen: true }]
      : []),
    ...(baseline
      ? [{ estimator: `baseline: ${baseline.name}`, metrics: baseline.validation, chosen: false }]
      : []),
  ];
  return (
    <>
      <h2>Candidates</h2>
      <Table
        caption="Estimators that were tried"
        rows={[...candidates, ...others]}
        isMarked={(each) => each.chosen}
        columns={[
          { label: 'Estimator', cell: (each) => each.estimator },
          { label: 'Chosen', cell: (each) => (each.chosen ? <Badge>chosen</Badge> : '–') },
          ...(isEnsemble
            ? [
                {
                  label: 'Weight',
                  isNumber: true,
                  cell: (each: Candidate) => (each.weight ? each.weight.toFixed(2) : '–'),
                },
              ]
            : []),
          ...Object.keys(candidates[0]?.metrics ?? {}).map((name) => ({
            label: metricName(name),
            isNumber: true,
            cell: (each: Candidate) => metric(each.metrics[name]),
          })),
          {
            label: 'Seconds',
            isNumber: true,
            cell: (each) => (each.seconds === undefined ? '–' : each.seconds.toFixed(1)),
          },
        ]}
      />
    </>
  );
}

/** Classes whose matrix fits a page. */
const MOST_CLASSES = 30;

function Classes({ of: report }: { of: Run['classes'] }) {
  if (!report) return null;
  return (
    <>
      <h2>Classes</h2>
      <Table
        caption="How each class is known on the held-out rows"
        rows={report.each}
        columns={[
          { label: 'Class', cell: (each) => each.class },
          { label: 'Precision', isNumber: true, cell: (each) => metric(each.precision) },
          { label: 'Recall', isNumber: true, cell: (each) => metric(each.recall) },
          { label: 'F1', isNumber: true, cell: (each) => metric(each.f1) },
          { label: 'Rows', isNumber: true, cell: (each) => each.rows },
        ]}
      />
      {report.classes.length > MOST_CLASSES ? null : (
        <>
          <h2>Confusion</h2>
          <p class="quiet">
            Rows: what it is. Columns: what the model says. Darker: a larger share of the row.
          </p>
          <Table
            caption="What is taken for what on the held-out rows"
            rows={report.matrix.map((counts, place) => ({ is: report.classes[place] ?? '', counts }))}
            columns={[
              { label: 'is', cell: (row) => row.is },
              ...report.classes.map((name, place) => ({
                label: name,
                isNumber: true,
                cell: (row: { readonly counts: readonly number[] }) => <Share of={row.counts} at={place} />,
              })),
            ]}
          />
        </>
      )}
    </>
  );
}

/** Shades of a share, from none to all. */
const SHADES = 5;

/** A count, as dark as its share of the row is large. */
function Share({ of: counts, at }: { of: readonly number[]; at: number }) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const share = all === 0 ? 0 : (counts[at] ?? 0) / all;
  return <span class={`share share-${Math.ceil(SHADES * share)}`}>{counts[at]}</span>;
}

function Features({ of: { features = [], leftOut = [] } }: { of: Run }) {
  if (features.length + leftOut.length === 0) return null;
  const rows = [
    ...features,
    ...leftOut.map(({ name, reason }) => ({ name, type: '', encoding: `left out: ${reason}` })),
  ];
  return (
    <>
      <h2>Features</h2>
      <Table
        caption="What becomes of each column"
        rows={rows}
        columns={[
          { label: 'Column', cell: (each) => each.name },
          { label: 'Type', cell: (each) => each.type || '–' },
          { label: 'What becomes of it', isText: true, cell: (each) => each.encoding },
        ]}
      />
    </>
  );
}
