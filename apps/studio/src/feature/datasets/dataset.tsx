import { ago, count, metric, number, percent, plural } from '../../format.ts';
import { to, useParameter } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer } from '../../ui/answer.tsx';
import { Badge, Time } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';
import { Panels } from '../extensions/panels.tsx';
import { ColumnCard } from './column-card.tsx';
import { CompareForm } from './compare-form.tsx';
import { type DatasetDetails, type Profile, reference } from './dataset-answers.ts';
import { Versions } from './datasets.tsx';
import { Leaks } from './leaks.tsx';
import { TagVersion } from './tag-version.tsx';

/** One version: where it came from, what was found of it, a picture of each column, and its other versions. */
export function DatasetPage({ name }: { name: string }) {
  const version = useQuery('data.show', { name });
  const profile = useQuery('data.profile', { name }, { isFixed: true });
  const list = useQuery('data.list', {});
  const [bare] = name.split('@');
  return (
    <>
      <h1 dir="auto">{name}</h1>
      <Answer of={version}>
        {(found) => (
          <>
            <About version={found} />
            <TagVersion key={reference(found)} version={found} changed={version.reload} />
            <Checks of={found} />
          </>
        )}
      </Answer>
      <h2>Columns</h2>
      <Answer of={profile}>
        {(found) => (
          <>
            <Columns of={found} />
            <Leaks name={name} columns={found.columns.map((column) => column.name)} />
            <Correlations of={found} />
          </>
        )}
      </Answer>
      <h2>Versions</h2>
      <Answer of={list}>
        {({ datasets }) => {
          const versions = datasets.filter((each) => each.dataset === bare);
          return (
            <>
              <Answer of={version}>{(found) => <CompareForm version={found} versions={versions} />}</Answer>
              <Versions versions={versions} />
            </>
          );
        }}
      </Answer>
      <Panels on="dataset" subject={name} />
    </>
  );
}

function About({ version }: { version: DatasetDetails }) {
  const facts = version.columns.filter(({ about }) => about === 'file').map(({ name }) => name);
  return (
    <>
      <p>
        {count(version.rows)} rows from <em>{version.source}</em>, added{' '}
        <Time at={version.createdAt} text={ago(version.createdAt)} />.{' '}
        <a href={to('lineage', `dataset:${reference(version)}`)}>Lineage</a>{' '}
        <a href={to('query', reference(version))}>Query</a>
      </p>
      {version.tags.length === 0 ? null : (
        <p>
          Tags:{' '}
          {version.tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </p>
      )}
      {facts.length === 0 ? null : (
        <p class="quiet">
          Facts of the files, no features unless they are declared: <bdi>{facts.join(', ')}</bdi>.
        </p>
      )}
      {version.notes.map((note) => (
        <p class="note warn" key={note}>
          {note}
        </p>
      ))}
      {version.erasures.map(({ erasure, at, rows }) => (
        <p class="note warn" key={erasure}>
          {plural(rows, 'row')} {rows === 1 ? 'was' : 'were'} erased from it <Time at={at} text={ago(at)} /> (
          {erasure}).
        </p>
      ))}
    </>
  );
}

const Checks = ({ of: { checks, ...version } }: { of: DatasetDetails }) =>
  checks.length === 0 ? null : (
    <>
      <h2>Expectations</h2>
      {checks.map(({ suite, checkedAt, passed, results }) => (
        <div key={suite}>
          <p>
            <Badge>{passed ? 'held' : 'failed'}</Badge>{' '}
            {`${count(results.filter((one) => one.passed).length)} of ${count(results.length)}, checked `}
            <Time at={checkedAt} text={ago(checkedAt)} />
          </p>
          <Table
            caption={`Expectations of ${reference(version)}, suite ${suite.slice(0, 8)}`}
            rows={results}
            columns={[
              { label: 'Expectation', isText: true, cell: (result) => result.expectation },
              {
                label: 'Result',
                cell: (result) => (
                  <Badge>{result.passed ? 'held' : result.severity === 'warn' ? 'warning' : 'failed'}</Badge>
                ),
              },
              { label: 'Failing rows', isNumber: true, cell: (result) => count(result.failures) },
              {
                label: 'Found',
                isNumber: true,
                cell: (result) => number(result.observed),
              },
            ]}
          />
        </div>
      ))}
    </>
  );

/** A page can bear so many pictures; the others are found by name. */
const MAX_CARDS = 120;
const FILTERED_FROM = 24;

function Columns({ of: { columns, rows } }: { of: Profile }) {
  const [text, setText] = useParameter('column');
  const found = columns.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
  return (
    <>
      {columns.length < FILTERED_FROM ? null : (
        <p class="row">
          <label>
            Columns whose name has{' '}
            <input type="search" value={text} onInput={(event) => setText(event.currentTarget.value)} />
          </label>
          <span role="status">
            {count(found.length)} of {count(columns.length)}
            {found.length > MAX_CARDS ? `, the first ${MAX_CARDS} are shown` : ''}
          </span>
        </p>
      )}
      <div class="cards wide">
        {found.slice(0, MAX_CARDS).map((column) => (
          <ColumnCard key={column.name} column={column} rows={rows} />
        ))}
      </div>
    </>
  );
}

const SHOWN_PAIRS = 20;

const Correlations = ({ of: { correlations, sampledRows } }: { of: Profile }) =>
  correlations.length === 0 ? null : (
    <>
      <h2>Correlations</h2>
      {sampledRows === undefined ? null : <p class="quiet">Of a sample of {number(sampledRows)} rows.</p>}
      <Table
        caption="Correlations of pairs of numbers, the strongest first"
        rows={correlations.slice(0, SHOWN_PAIRS)}
        columns={[
          { label: 'Column', cell: ({ a }) => a },
          { label: 'With', cell: ({ b }) => b },
          { label: 'Pearson’s r', isNumber: true, cell: ({ r }) => metric(r) },
          { label: 'Strength', cell: ({ r }) => <Strength r={r} /> },
        ]}
      />
    </>
  );

/** A bar to the right of the middle for what rises together, to the left for what falls. */
const Strength = ({ r }: { r: number }) => (
  <svg
    class="strength"
    viewBox="-50 0 100 12"
    role="img"
    aria-label={`${percent(Math.abs(r))} of the strongest possible, ${r < 0 ? 'one falls as the other rises' : 'both rise together'}`}
  >
    <line class="axis" x1={0} y1={0} x2={0} y2={12} />
    <rect
      class={r < 0 ? 'before' : 'now'}
      x={Math.min(0, 50 * r)}
      y={2}
      width={50 * Math.abs(r)}
      height={8}
    />
  </svg>
);
