import { useState } from 'preact/hooks';
import { count } from '../../format.ts';
import { parametersOf, to, useHash, withParameters } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { ColumnChoice } from './column-choice.tsx';
import { RunGrid } from './run-grid.tsx';
import { AGGREGATES, columnsOf, type RunView, viewOf, wantedBy } from './run-view.ts';

/** As many as are compared at once. */
const MOST_COMPARED = 500;

/** Replaces parts of the address, so that it always is that of what is seen. */
function change(changes: Readonly<Record<string, string>>): void {
  history.replaceState(undefined, '', withParameters(location.hash, changes));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Experiments and their runs: chosen by conditions, sorted by anything that they have, and from there compared. */
export function RunsPage() {
  const view = viewOf(parametersOf(useHash()));
  const columns = useQuery('run.columns', wantedBy(view));
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (run: string): void => {
    const next = new Set(chosen);
    if (!next.delete(run)) next.add(run);
    setChosen(next);
  };
  return (
    <>
      <h1>Runs</h1>
      <Toolbar view={view} chosen={chosen} clear={() => setChosen(new Set())} />
      <Answer of={columns}>
        {(data) => {
          if (data.total === 0)
            return view.experiment === '' && view.where.length === 0 ? (
              <Empty command="trestle train --data NAME --target COLUMN">Nothing has been run yet.</Empty>
            ) : (
              <Empty>No run is like this.</Empty>
            );
          const shown = columnsOf(view, data);
          return (
            <>
              <ColumnChoice view={view} columns={data} change={change} />
              <p class="quiet" role="status">
                {`${count(data.total)} ${data.total === 1 ? 'run' : 'runs'}, ${shown.length} columns. Arrows move, Enter opens or sorts, the space bar chooses.`}
              </p>
              <RunGrid
                view={view}
                columns={shown}
                total={data.total}
                chosen={chosen}
                choose={choose}
                sortBy={(key) => change(nextSort(view, key))}
              />
            </>
          );
        }}
      </Answer>
    </>
  );
}

/** A key that is sorted by already is turned round. */
function nextSort({ sort, order }: RunView, key: string): Readonly<Record<string, string>> {
  if ((sort || 'started') !== key) return { sort: key, order: 'desc' };
  return { sort: key, order: order === 'desc' || (sort === '' && order === '') ? 'asc' : 'desc' };
}

function Toolbar({ view, chosen, clear }: { view: RunView; chosen: ReadonlySet<string>; clear: () => void }) {
  const experiments = useQuery('experiment.list', {});
  const names = experiments.data?.experiments.map(({ experiment }) => experiment) ?? [];
  // Experiments are nested: what holds several of them can be chosen, too.
  const parents = names.flatMap((name) =>
    name.split('/').map((_, at, parts) => parts.slice(0, at).join('/')),
  );
  const choices = [...new Set([...names, ...parents, view.experiment])].filter((name) => name !== '').sort();
  return (
    <form class="row runs-tools" onSubmit={(event) => event.preventDefault()}>
      <label>
        Experiment{' '}
        <select
          value={view.experiment}
          onChange={(event) => change({ experiment: event.currentTarget.value })}
        >
          <option value="">all</option>
          {choices.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Only where{' '}
        <input
          key={view.where.join('; ')}
          defaultValue={view.where.join('; ')}
          placeholder="metric:loss<0.3; param:depth>=6; status=succeeded"
          onChange={(event) => change({ where: event.currentTarget.value.split(';').join('\n') })}
          onKeyDown={(event) => {
            if (event.key === 'Enter') change({ where: event.currentTarget.value.split(';').join('\n') });
          }}
        />
      </label>
      <label>
        <input
          type="checkbox"
          checked={!view.isAll}
          onChange={(event) => change({ columns: event.currentTarget.checked ? '' : 'all' })}
        />{' '}
        only what differs
      </label>
      <label>
        <input
          type="checkbox"
          checked={view.isColoured}
          onChange={(event) => change({ colour: event.currentTarget.checked ? 'yes' : '' })}
        />{' '}
        colour
      </label>
      <fieldset class="row plain-set">
        <legend class="unseen">Of each metric</legend>
        {AGGREGATES.map(([aggregate, word]) => (
          <label key={aggregate}>
            <input
              type="checkbox"
              checked={view.aggregates.includes(aggregate)}
              onChange={(event) => {
                const next = AGGREGATES.map(([one]) => one).filter((one) =>
                  one === aggregate ? event.currentTarget.checked : view.aggregates.includes(one),
                );
                change({ show: next.join('\n') });
              }}
            />{' '}
            {word}
          </label>
        ))}
      </fieldset>
      {chosen.size === 0 ? null : (
        <span class="row">
          {chosen.size < 2 || chosen.size > MOST_COMPARED ? (
            <span class="quiet">{`${chosen.size} chosen; 2 to ${MOST_COMPARED} are compared`}</span>
          ) : (
            <a class="button primary" href={`${to('runs', 'compare')}?runs=${[...chosen].join(',')}`}>
              {`Compare ${chosen.size} runs`}
            </a>
          )}
          <button type="button" onClick={clear}>
            Choose none
          </button>
        </span>
      )}
    </form>
  );
}
