import { ComparedBars } from '../../chart/compared-bars.tsx';
import { count, metric, number } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer } from '../../ui/answer.tsx';
import { shown } from '../../ui/shown.tsx';
import { Table } from '../../ui/table.tsx';
import { CompareForm } from './compare-form.tsx';
import type { Diff, Profile } from './dataset-answers.ts';
import { sharedBins } from './shared-bins.ts';

interface Compared {
  readonly from: string;
  readonly to: string;
  /** The column that names a row. */
  readonly by: string | undefined;
}

/** Two versions: what became of the columns, of the rows, and of how values are distributed. */
export function ComparePage({ from, to: newer, by }: Compared) {
  const input = { from, to: newer, ...(by === undefined ? {} : { key: by }) };
  const diff = useQuery('data.diff', input, { isFixed: true });
  const version = useQuery('data.show', { name: newer });
  const list = useQuery('data.list', {});
  return (
    <>
      <h1 dir="auto">
        {from} to {newer}
      </h1>
      <p>
        <a href={to('datasets', from)}>{from}</a> <a href={to('datasets', newer)}>{newer}</a>
      </p>
      <Answer of={version}>
        {(found) => (
          <Answer of={list}>
            {({ datasets }) => (
              <CompareForm
                version={found}
                versions={datasets.filter(({ dataset }) => dataset === found.dataset)}
                from={from}
                by={by}
              />
            )}
          </Answer>
        )}
      </Answer>
      <Answer of={diff}>
        {(found) => (
          <>
            <Schema of={found.schema} />
            <Rows of={found.rows} />
            <Distributions from={from} to={newer} columns={found.columns} />
          </>
        )}
      </Answer>
    </>
  );
}

function Schema({ of: { added, removed, retyped } }: { of: Diff['schema'] }) {
  const changes = [
    ...added.map((name) => ({ name, what: 'added' })),
    ...removed.map((name) => ({ name, what: 'removed' })),
    ...retyped.map(({ name, from, to: after }) => ({ name, what: `${from} became ${after}` })),
  ];
  return (
    <>
      <h2>Schema</h2>
      {changes.length === 0 ? (
        <p>Both have the same columns.</p>
      ) : (
        <Table
          caption="Columns that are not in both, or of another type"
          rows={changes}
          columns={[
            { label: 'Column', cell: ({ name }) => name },
            { label: 'What', cell: ({ what }) => what },
          ]}
        />
      )}
    </>
  );
}

function Rows({ of: rows }: { of: Diff['rows'] }) {
  const { added, removed, changed } = rows.examples;
  const isByRow = rows.by === 'row';
  return (
    <>
      <h2>Rows</h2>
      <div class="cards">
        <Count of={rows.added} says="added" />
        <Count of={rows.removed} says="removed" />
        {isByRow ? null : <Count of={rows.changed} says="changed" />}
      </div>
      {isByRow ? (
        <p class="quiet">
          A row that changed is one removed and one added, as long as no column is chosen that names rows.
        </p>
      ) : null}
      {changed.length === 0 ? null : (
        <>
          <h3>Changed, for example</h3>
          <Table
            caption="Rows that changed, for example"
            rows={changed.flatMap(({ key, columns }) =>
              Object.entries(columns).map(([name, values]) => ({ key, name, ...values })),
            )}
            columns={[
              { label: rows.by, cell: ({ key }) => shown(key) },
              { label: 'Column', cell: ({ name }) => name },
              { label: 'Was', cell: (change) => shown(change.from) },
              { label: 'Is', cell: (change) => shown(change.to) },
            ]}
          />
        </>
      )}
      <Examples says="Added, for example" rows={added} />
      <Examples says="Removed, for example" rows={removed} />
    </>
  );
}

const Count = ({ of: rows, says }: { of: number; says: string }) => (
  <div class="card tile">
    <strong>{count(rows)}</strong> {says}
  </div>
);

const MAX_COLUMNS = 50;

const Examples = ({ says, rows }: { says: string; rows: readonly Readonly<Record<string, unknown>>[] }) =>
  rows.length === 0 ? null : (
    <>
      <h3>{says}</h3>
      <Table
        caption={says}
        rows={rows}
        columns={Object.keys(rows[0] ?? {})
          .slice(0, MAX_COLUMNS)
          .map((name) => ({
            label: name,
            cell: (row: Readonly<Record<string, unknown>>) => shown(row[name]),
          }))}
      />
    </>
  );

const MAX_CARDS = 60;

function Distributions(props: { from: string; to: string; columns: Diff['columns'] }) {
  const before = useQuery('data.profile', { name: props.from }, { isFixed: true });
  const after = useQuery('data.profile', { name: props.to }, { isFixed: true });
  const columns = props.columns.toSorted((a, b) => b.distance - a.distance).slice(0, MAX_CARDS);
  return (
    <>
      <h2>Distributions</h2>
      <p class="quiet">
        The distance is 0 for the same distribution and 1 for nothing in common (Jensen-Shannon); the columns
        that changed most come first{columns.length < props.columns.length ? `, ${MAX_CARDS} of them` : ''}.
      </p>
      <p class="row">
        <span class="legend before">{props.from}</span>
        <span class="legend now">{props.to}</span>
      </p>
      <Answer of={before}>
        {(reference) => (
          <Answer of={after}>
            {(current) => (
              <div class="features">
                {columns.map((column) => (
                  <Distribution key={column.name} column={column} before={reference} after={current} />
                ))}
              </div>
            )}
          </Answer>
        )}
      </Answer>
    </>
  );
}

function Distribution(props: { column: Diff['columns'][number]; before: Profile; after: Profile }) {
  const { column } = props;
  const [reference, current] = [props.before, props.after].map(({ columns }) =>
    columns.find(({ name }) => name === column.name),
  );
  const bins = reference && current ? sharedBins(reference, current) : [];
  const most = bins.toSorted((a, b) => gap(b) - gap(a))[0];
  const facts: readonly (readonly [string, string])[] = [
    ['missing', between(column.nulls)],
    ['different', `${column.approximate.includes('distinct') ? '≈ ' : ''}${between(column.distinct)}`],
    ...(column.mean.from === null && column.mean.to === null
      ? []
      : [['mean', between(column.mean)] as const]),
    ...(column.changed === undefined ? [] : [['rows changed', count(column.changed)] as const]),
  ];
  return (
    <article class="card">
      <h3>
        <bdi>{column.name}</bdi> <span class="quiet">distance {metric(column.distance)}</span>
      </h3>
      {most === undefined ? (
        <p class="quiet">Nearly every value is another one.</p>
      ) : (
        <ComparedBars
          bins={bins}
          about={`Distribution of ${column.name} before and after, distance ${metric(column.distance)}; most changed ${most.label}`}
        />
      )}
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

const gap = (bin: { readonly reference: number; readonly current: number }): number =>
  Math.abs(bin.reference - bin.current);

const between = ({
  from,
  to: after,
}: {
  readonly from: number | null;
  readonly to: number | null;
}): string => (from === after ? number(from) : `${number(from)} to ${number(after)}`);
