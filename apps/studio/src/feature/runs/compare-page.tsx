import { number } from '../../format.ts';
import { to, useParameter } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Rows } from '../../ui/rows.tsx';
import { Table } from '../../ui/table.tsx';
import { Views } from '../../ui/views.tsx';
import { associationOf, LEAST_RUNS } from './association.ts';
import { type Dimension, Parallel } from './parallel.tsx';
import type { Columns, TableRow } from './run-view.ts';
import { Scatter } from './scatter.tsx';
import { LookTools, SeriesChart, useLook } from './series-chart.tsx';

/** Dimensions that are drawn side by side, the closest first. */
const MOST_DIMENSIONS = 12;

/** From 2 to 500 runs: what differs, charts over each other, and how what was measured follows what was given. */
export function ComparePage() {
  const [named] = useParameter('runs');
  const runs = named.split(',').filter((run) => run !== '');
  return (
    <>
      <h1>Compared runs</h1>
      {runs.length < 2 ? (
        <Empty>
          Choose two or more of the <a href={to('runs')}>runs</a> first.
        </Empty>
      ) : (
        <Compared runs={runs} />
      )}
    </>
  );
}

function Compared({ runs }: { runs: readonly string[] }) {
  const columns = useQuery('run.columns', { runs: [...runs] });
  const table = useQuery('run.table', { runs: [...runs], limit: 500, order: 'asc' });
  return (
    <Answer of={columns}>
      {(found) => <Answer of={table}>{({ rows }) => <Pictures columns={found} rows={rows} />}</Answer>}
    </Answer>
  );
}

function Pictures({ columns, rows }: { columns: Columns; rows: readonly TableRow[] }) {
  const measured = columns.metrics.filter(({ low }) => low !== null).map(({ name }) => name);
  const usual =
    measured.find((name) => name.startsWith('test/')) ??
    measured.find((name) => columns.metrics.some((one) => one.name === name && one.better !== undefined)) ??
    // What counts or watches says nothing of how good a run is.
    measured.find((name) => name !== 'epoch' && !name.startsWith('system/')) ??
    measured[0] ??
    '';
  const [asked, setMetric] = useParameter('metric');
  const metric = measured.includes(asked) ? asked : usual;
  const look = useLook();
  const runs = rows.map(({ run }) => run);
  const isLive = rows.some(({ status }) => status === 'running');
  return (
    <>
      <p class="row">
        <label>
          Metric{' '}
          <select value={metric} onChange={(event) => setMetric(event.currentTarget.value)}>
            {measured.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <span class="quiet">{`${rows.length} runs`}</span>
      </p>
      {metric === '' ? (
        <p class="quiet">Nothing was measured in any of them.</p>
      ) : (
        <>
          <h2>Over each other</h2>
          <LookTools of={look} />
          <SeriesChart key={metric} runs={runs} metric={metric} look={look} isLive={isLive} />
          <Followed columns={columns} rows={rows} metric={metric} />
        </>
      )}
      <h2>What differs</h2>
      <Differences columns={columns} rows={rows} />
    </>
  );
}

function Followed({
  columns,
  rows,
  metric,
}: {
  columns: Columns;
  rows: readonly TableRow[];
  metric: string;
}) {
  const values = rows.map(({ metrics }) => metrics[metric]?.last);
  const given: readonly Dimension[] = columns.params
    .filter(({ differs }) => differs)
    .map(({ name }) => ({ label: name, values: rows.map(({ params }) => params[name]) }));
  const associations = given
    .flatMap(({ label, values: of }) => {
      const found = associationOf(of, values);
      return found ? [{ label, ...found }] : [];
    })
    .sort((a, b) => b.strength - a.strength);
  const [across, setAcross] = useParameter('across');
  const closest = [
    ...associations.flatMap(({ label }) => given.filter((one) => one.label === label)),
    ...given.filter(({ label }) => !associations.some((one) => one.label === label)),
  ];
  const [first] = closest;
  if (first === undefined) return null;
  const chosen = given.find(({ label }) => label === across) ?? first;
  const finite = values.flatMap((value) => value ?? []);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const up = { label: metric, values };
  return (
    <>
      <h2>What it follows</h2>
      {associations.length === 0 ? (
        <p class="quiet">{`From ${LEAST_RUNS} runs with different parameters on it is said which of them it follows.`}</p>
      ) : (
        <>
          <Views
            of={[
              {
                kind: 'bars',
                title: `How closely ${metric} follows each parameter`,
                bars: associations.slice(0, 20).map(({ label, strength, rises }) => ({
                  ...{ label, value: strength },
                  note: `${strength.toFixed(2)}${rises === undefined ? '' : rises ? ' ↗' : ' ↘'}`,
                })),
              },
            ]}
          />
          <p class="quiet">
            Of ranks: Spearman’s correlation of numbers, the correlation ratio of words. It is no cause, and
            knows nothing of parameters together.
          </p>
        </>
      )}
      <Parallel
        runs={rows.map(({ run }) => run)}
        dimensions={[...closest.slice(0, MOST_DIMENSIONS), up]}
        measured={metric}
        shareOf={(at) => {
          const value = values[at];
          return value === null || value === undefined
            ? undefined
            : high === low
              ? 0.5
              : (value - low) / (high - low);
        }}
      />
      {closest.length > MOST_DIMENSIONS ? (
        <p class="quiet">{`The ${MOST_DIMENSIONS} parameters that it follows most closely, of ${closest.length}.`}</p>
      ) : null}
      <p class="row">
        <label>
          Across{' '}
          <select value={chosen.label} onChange={(event) => setAcross(event.currentTarget.value)}>
            {given.map(({ label }) => (
              <option key={label}>{label}</option>
            ))}
          </select>
        </label>
      </p>
      <Scatter runs={rows.map(({ run }) => run)} across={chosen} up={up} />
    </>
  );
}

/** Few runs side by side, with a line for each key; many one below the other. */
const SIDE_BY_SIDE = 8;

function Differences({ columns, rows }: { columns: Columns; rows: readonly TableRow[] }) {
  const keys = [
    ...columns.params
      .filter(({ differs }) => differs)
      .map(({ name }) => ({
        key: `param:${name}`,
        label: name,
        isNumber: false,
        of: (row: TableRow) => row.params[name],
      })),
    ...columns.tags
      .filter(({ differs }) => differs)
      .map(({ name }) => ({
        key: `tag:${name}`,
        label: `tag ${name}`,
        isNumber: false,
        of: (row: TableRow) => row.tags[name],
      })),
    ...columns.metrics
      .filter(({ differs }) => differs)
      .map(({ name }) => ({
        ...{ key: `metric:${name}`, label: name, isNumber: true },
        of: (row: TableRow) => row.metrics[name]?.special ?? row.metrics[name]?.last,
      })),
  ];
  if (keys.length === 0)
    return <p class="quiet">Nothing: all parameters, tags and last values are the same.</p>;
  const shown = (value: unknown): string =>
    value === undefined || value === null
      ? '–'
      : typeof value === 'number'
        ? number(value)
        : typeof value === 'string'
          ? value
          : JSON.stringify(value);
  if (rows.length <= SIDE_BY_SIDE)
    return (
      <Table
        caption="What differs between the runs"
        rows={keys}
        columns={[
          { label: 'Key', cell: ({ label }) => label },
          ...rows.map((row) => ({
            label: row.run,
            cell: ({ of }: (typeof keys)[number]) => shown(of(row)),
          })),
        ]}
      />
    );
  return (
    <Rows
      caption="What differs between the runs"
      columns={[{ key: 'run', label: 'Run', isNumber: false }, ...keys]}
      rows={rows.map((row) => ({
        run: row.run,
        ...Object.fromEntries(keys.map(({ key, of }) => [key, of(row) ?? ''])),
      }))}
    />
  );
}
