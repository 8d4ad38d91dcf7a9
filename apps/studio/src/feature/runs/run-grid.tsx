// biome-ignore-all lint/a11y/useSemanticElements: rows and cells stand where they are placed, which the elements of a table cannot.
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, and says which of its cells is meant.
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the grid takes the keys.
import { useMemo, useRef, useState } from 'preact/hooks';
import { ago, number } from '../../format.ts';
import { to } from '../../frame/route.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Failure } from '../../ui/answer.tsx';
import { Badge } from '../../ui/badge.tsx';
import { placed, useVirtual } from '../../ui/grid.tsx';
import { type GridColumn, type RunView, type TableRow, wantedBy } from './run-view.ts';

const [ROW_PX, HEAD_PX, CHOICE_PX, RUN_PX] = [37, 64, 44, 190];
const PAGE = 100;
const SHADES = 5;

interface Place {
  readonly row: number;
  readonly column: number;
}

/** Row -1 is the head; columns 0 and 1 are the choice and the run. */
const FIRST: Place = { row: 0, column: 1 };

/** As many runs and columns as there are: what is seen of them is asked for and in the page. */
export function RunGrid(props: {
  view: RunView;
  columns: readonly GridColumn[];
  total: number;
  chosen: ReadonlySet<string>;
  choose: (run: string) => void;
  sortBy: (key: string) => void;
}) {
  const { view, columns, total, chosen, choose, sortBy } = props;
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(FIRST);
  const pinned = columns.filter(({ key }) => view.pinned.includes(key));
  const free = columns.slice(pinned.length);
  const pinnedPx = pinned.reduce((sum, { width }) => sum + width, CHOICE_PX + RUN_PX);
  const vertical = useVirtual(box, total, () => ROW_PX, false);
  const horizontal = useVirtual(box, free.length, (index) => free[index]?.width ?? 0, true, pinnedPx);
  // A virtualizer keeps what it measured: other columns are measured anew.
  const widths = columns.map(({ key, width }) => `${key} ${width}`).join('\n');
  useMemo(() => horizontal.measure(), [widths]);
  const lines = vertical.getVirtualItems();
  const seen = horizontal.getVirtualItems();
  const { rowAt, error, reload } = useRows(view, lines[0]?.index ?? 0, total);
  const width = horizontal.getTotalSize();

  const move = (row: number, column: number): void => {
    const next = {
      row: Math.min(total - 1, Math.max(-1, row)),
      column: Math.min(columns.length + 1, Math.max(0, column)),
    };
    setActive(next);
    if (next.row >= 0) vertical.scrollToIndex(next.row);
    const at = next.column - 2 - pinned.length;
    if (at >= 0) horizontal.scrollToIndex(at);
  };
  const press = (event: KeyboardEvent): void => {
    const { row, column } = active;
    const run = rowAt(row)?.run;
    const most = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor(((box.current?.clientHeight ?? 0) - HEAD_PX) / ROW_PX) - 1);
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      PageUp: [Math.max(0, row - page), column],
      PageDown: [row + page, column],
      Home: [most ? 0 : row, 0],
      End: [most ? total - 1 : row, columns.length + 1],
    };
    const moved = moves[event.key];
    if (moved) move(...moved);
    else if (event.key === ' ' && run !== undefined) choose(run);
    else if (event.key === 'Enter' && row === -1) sortAt(column);
    else if (event.key === 'Enter' && run !== undefined) location.hash = to('runs', run);
    else return;
    event.preventDefault();
  };
  const sortAt = (column: number): void => {
    const key = column === 1 ? 'run' : columns[column - 2]?.key;
    if (key !== undefined) sortBy(key);
  };
  const idOf = (row: number, column: number): string => `cell-${row}-${column}`;
  const cell = (row: number, column: number) => ({
    id: idOf(row, column),
    'aria-colindex': column + 1,
    class: `grid-cell ${active.row === row && active.column === column ? 'active' : ''}`,
    onClick: () => setActive({ row, column }),
  });
  const head = (column: number, shown: GridColumn | undefined, left: number) => {
    const key = column === 1 ? 'run' : (shown?.key ?? '');
    const isSorted = key !== '' && (view.sort || 'started') === key;
    const base = cell(-1, column);
    return (
      <div
        {...base}
        key={key || 'choice'}
        role="columnheader"
        class={`${base.class} run-head ${shown?.isNumber ? 'number' : ''}`}
        title={shown ? `${shown.group}: ${shown.label}` : undefined}
        {...(isSorted
          ? { 'aria-sort': view.order === 'asc' ? ('ascending' as const) : ('descending' as const) }
          : {})}
        onClick={() => {
          setActive({ row: -1, column });
          if (key !== '') sortBy(key);
        }}
        ref={placed({ left, width: shown?.width ?? (column === 0 ? CHOICE_PX : RUN_PX), height: HEAD_PX })}
      >
        <span class="quiet">
          {isFirstOfGroup(columns, column - 2) ? shown?.group : column === 1 ? 'Run' : ''}
        </span>
        <span>
          {column === 0 ? <span class="unseen">Chosen</span> : column === 1 ? 'Id' : shown?.label}
          {isSorted ? (view.order === 'asc' ? ' ↑' : ' ↓') : ''}
        </span>
      </div>
    );
  };

  return (
    <>
      {error ? <Failure error={error} retry={reload} /> : null}
      <div
        class="scroll grid runs-grid"
        role="grid"
        aria-label={`${total} runs`}
        aria-rowcount={total + 1}
        aria-colcount={columns.length + 2}
        aria-multiselectable="true"
        aria-activedescendant={idOf(active.row, active.column)}
        tabIndex={0}
        ref={box}
        onKeyDown={press}
      >
        <div role="presentation" class="grid-whole" ref={placed({ width, height: total * ROW_PX + HEAD_PX })}>
          <div role="rowgroup" class="grid-head">
            <div role="row" class="grid-line" aria-rowindex={1} ref={placed({ width, height: HEAD_PX })}>
              <div role="presentation" class="pinned" ref={placed({ width: pinnedPx, height: HEAD_PX })}>
                {head(0, undefined, 0)}
                {head(1, undefined, CHOICE_PX)}
                {pinned.map((one, k) => head(k + 2, one, leftOf(pinned, k)))}
              </div>
              {seen.map((item) => head(item.index + 2 + pinned.length, free[item.index], item.start))}
            </div>
          </div>
          <div role="rowgroup">
            {lines.map((line) => {
              const row = rowAt(line.index);
              const isChosen = row !== undefined && chosen.has(row.run);
              return (
                <div
                  role="row"
                  key={line.key}
                  class={`grid-row ${isChosen ? 'marked' : ''}`}
                  aria-rowindex={line.index + 2}
                  aria-selected={isChosen}
                  ref={placed({ top: line.start + HEAD_PX, width, height: ROW_PX })}
                >
                  <div role="presentation" class="pinned" ref={placed({ width: pinnedPx, height: ROW_PX })}>
                    <div
                      {...cell(line.index, 0)}
                      role="gridcell"
                      onClick={() => {
                        setActive({ row: line.index, column: 0 });
                        if (row) choose(row.run);
                      }}
                      ref={placed({ left: 0, width: CHOICE_PX, height: ROW_PX })}
                    >
                      <span aria-hidden="true">{isChosen ? '☑' : '☐'}</span>
                      <span class="unseen">{isChosen ? 'chosen' : 'not chosen'}</span>
                    </div>
                    <div
                      {...cell(line.index, 1)}
                      role="gridcell"
                      ref={placed({ left: CHOICE_PX, width: RUN_PX, height: ROW_PX })}
                    >
                      {row ? (
                        <a href={to('runs', row.run)} tabIndex={-1} title={row.run}>
                          {row.run}
                        </a>
                      ) : (
                        '…'
                      )}
                    </div>
                    {pinned.map((one, k) => valueCell(one, k + 2, leftOf(pinned, k), line.index, row))}
                  </div>
                  {seen.map((item) => {
                    const one = free[item.index];
                    return one
                      ? valueCell(one, item.index + 2 + pinned.length, item.start, line.index, row)
                      : null;
                  })}
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </>
  );

  function valueCell(one: GridColumn, column: number, left: number, at: number, row: TableRow | undefined) {
    const value = row === undefined ? undefined : one.value(row);
    const base = cell(at, column);
    return (
      <div
        {...base}
        key={one.key}
        role="gridcell"
        class={`${base.class} ${one.isNumber ? 'number' : ''} ${view.isColoured ? shadeOf(one, value) : ''}`}
        title={value === undefined || value === null ? undefined : textOf(value)}
        ref={placed({ left, width: one.width, height: ROW_PX })}
      >
        {shownOf(one, value)}
      </div>
    );
  }
}

const leftOf = (pinned: readonly GridColumn[], k: number): number =>
  pinned.slice(0, k).reduce((sum, { width }) => sum + width, CHOICE_PX + RUN_PX);

const isFirstOfGroup = (columns: readonly GridColumn[], at: number): boolean =>
  at >= 0 && columns[at]?.group !== columns[at - 1]?.group;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function shownOf({ key }: GridColumn, value: unknown) {
  if (value === undefined || value === null) return '';
  if (key === 'status') return <Badge>{textOf(value)}</Badge>;
  if (key === 'started') return ago(textOf(value));
  return typeof value === 'number' ? number(value) : textOf(value);
}

/** As dark as the number is large among all runs. */
function shadeOf({ range }: GridColumn, value: unknown): string {
  if (range === undefined || typeof value !== 'number') return '';
  const share = (value - range[0]) / (range[1] - range[0]);
  return `shaded share-${Math.round(SHADES * Math.min(1, Math.max(0, share)))}`;
}

/** The rows that are seen, by their places: two pages of them are asked for, others while they are kept. */
function useRows(view: RunView, first: number, total: number) {
  const page = Math.floor(first / PAGE);
  const inputOf = (at: number) => ({
    ...wantedBy(view),
    ...(view.sort === '' ? {} : { sort: view.sort }),
    ...(view.order === '' ? {} : { order: view.order }),
    offset: at * PAGE,
    limit: PAGE,
  });
  const here = useQuery('run.table', inputOf(page));
  const next = useQuery(
    'run.table',
    inputOf(Math.min(page + 1, Math.max(0, Math.floor((total - 1) / PAGE)))),
  );
  const rowAt = (index: number): TableRow | undefined => {
    for (const { data } of [here, next]) {
      const row = data?.rows[index - data.offset];
      if (data && index >= data.offset && row) return row;
    }
    return undefined;
  };
  return { rowAt, error: here.error ?? next.error, reload: here.reload };
}
