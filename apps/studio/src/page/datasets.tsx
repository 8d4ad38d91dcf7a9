import type { ColumnProfile, DatasetVersion } from '../answers.ts';
import { Bars } from '../chart/bars.tsx';
import { RankedBars } from '../chart/ranked-bars.tsx';
import { ago, count, number, percent, plural } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Time } from '../ui/badge.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';

const reference = (version: DatasetVersion): string => `${version.dataset}@${version.version}`;

export function DatasetsPage() {
  const list = useQuery<{ datasets: DatasetVersion[] }>('data.list');
  return (
    <>
      <h1>Datasets</h1>
      <Answer of={list}>
        {({ datasets }) =>
          datasets.length === 0 ? (
            <Empty command="trestle data add FILE --name NAME">No datasets yet.</Empty>
          ) : (
            <Versions versions={datasets} />
          )
        }
      </Answer>
    </>
  );
}

const Versions = ({ versions }: { versions: readonly DatasetVersion[] }) => (
  <Table
    caption="Dataset versions"
    rows={versions}
    columns={[
      {
        label: 'Version',
        cell: (version) => <a href={to('datasets', reference(version))}>{reference(version)}</a>,
      },
      { label: 'Rows', isNumber: true, cell: (version) => count(version.rows) },
      { label: 'Source', cell: (version) => version.source },
      { label: 'Added', cell: (version) => <Time at={version.createdAt} text={ago(version.createdAt)} /> },
      { label: 'Digest', cell: (version) => <code>{version.digest.slice(0, 12)}</code> },
    ]}
  />
);

/** One version: where it came from, its other versions, and a picture of each column. */
export function DatasetPage({ name }: { name: string }) {
  const version = useQuery<DatasetVersion>('data.show', { name });
  const profile = useQuery<{ rows: number; columns: ColumnProfile[] }>('data.profile', { name });
  const list = useQuery<{ datasets: DatasetVersion[] }>('data.list');
  const [bare] = name.split('@');
  return (
    <>
      <h1 dir="auto">{name}</h1>
      <Answer of={version}>
        {(found) => (
          <p>
            {count(found.rows)} rows from <em>{found.source}</em>, added{' '}
            <Time at={found.createdAt} text={ago(found.createdAt)} />.{' '}
            <a href={to('lineage', `dataset:${reference(found)}`)}>Lineage</a>{' '}
            <a href={to('query', reference(found))}>Query</a>
          </p>
        )}
      </Answer>
      <h2>Columns</h2>
      <Answer of={profile}>
        {({ columns, rows }) => (
          <div class="cards wide">
            {columns.map((column) => (
              <ColumnCard key={column.name} column={column} rows={rows} />
            ))}
          </div>
        )}
      </Answer>
      <h2>Versions</h2>
      <Answer of={list}>
        {({ datasets }) => <Versions versions={datasets.filter((each) => each.dataset === bare)} />}
      </Answer>
    </>
  );
}

const SHOWN_VALUES = 5;

function ColumnCard({ column, rows }: { column: ColumnProfile; rows: number }) {
  const hasScale = column.histogram.length > 0;
  const top = column.top.slice(0, SHOWN_VALUES);
  const says = hasScale
    ? `from ${number(Number(column.min))} to ${number(Number(column.max))}, mean ${number(column.mean)}`
    : top.map(({ value, count: times }) => `${value} ${percent(times / Math.max(rows, 1))}`).join(', ');
  return (
    <article class="card">
      <h3>
        <bdi>{column.name}</bdi> <span class="quiet">{column.type}</span>
      </h3>
      {hasScale ? (
        <Bars
          bars={column.histogram.map((bin) => ({
            label: `${number(bin.from)} – ${number(bin.to)}`,
            value: bin.count,
          }))}
          about={`Histogram of ${column.name}: ${says}`}
          ends={[number(Number(column.min)), number(Number(column.max))]}
        />
      ) : (
        <RankedBars
          bars={top.map((one) => ({ label: one.value, value: one.count }))}
          total={rows}
          about={`Most frequent values of ${column.name}: ${says}`}
        />
      )}
      <p class="quiet">
        {hasScale ? `mean ${number(column.mean)}, ` : ''}
        {plural(column.distinct, 'value')}
        {column.nulls === 0 ? ', none missing' : `, ${percent(column.nulls / rows)} missing`}
      </p>
    </article>
  );
}
