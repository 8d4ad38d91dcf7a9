import type { Input, Output } from '../../frame/server.ts';

export type TableRow = Output<'run.table'>['rows'][number];
export type Columns = Output<'run.columns'>;
export type Aggregate = 'last' | 'low' | 'high';

export const AGGREGATES: readonly (readonly [Aggregate, string])[] = [
  ['last', 'last'],
  ['low', 'min'],
  ['high', 'max'],
];

/** What the grid of runs shows and how: all of it stands in the address, so that a link is a saved view. */
export interface RunView {
  readonly experiment: string;
  readonly where: readonly string[];
  readonly sort: string;
  readonly order: '' | 'asc' | 'desc';
  readonly isAll: boolean;
  readonly isColoured: boolean;
  readonly aggregates: readonly Aggregate[];
  readonly pinned: readonly string[];
  readonly hidden: readonly string[];
}

const list = (text: string | null): readonly string[] =>
  (text ?? '')
    .split('\n')
    .map((one) => one.trim())
    .filter((one) => one !== '');

export function viewOf(parameters: URLSearchParams): RunView {
  const order = parameters.get('order');
  const shown = list(parameters.get('show'));
  const aggregates = AGGREGATES.flatMap(([aggregate]) => (shown.includes(aggregate) ? [aggregate] : []));
  return {
    experiment: parameters.get('experiment') ?? '',
    where: list(parameters.get('where')),
    sort: parameters.get('sort') ?? '',
    order: order === 'asc' || order === 'desc' ? order : '',
    isAll: parameters.get('columns') === 'all',
    isColoured: parameters.get('colour') === 'yes',
    aggregates: aggregates.length === 0 ? ['last'] : aggregates,
    pinned: list(parameters.get('pin')),
    hidden: list(parameters.get('hide')),
  };
}

/** What is asked of the server for a view. */
export const wantedBy = ({ experiment, where }: RunView) =>
  ({
    ...(experiment === '' ? {} : { experiment }),
    where: [...where],
  }) satisfies Input<'run.columns'>;

export interface GridColumn {
  /** As the server sorts and chooses by it: `param:depth`, `min:loss`. */
  readonly key: string;
  readonly label: string;
  /** What it stands under. */
  readonly group: string;
  readonly width: number;
  readonly isNumber: boolean;
  readonly value: (row: TableRow) => unknown;
  /** Of a number: the least and the greatest of all runs. */
  readonly range?: readonly [low: number, high: number];
}

const [LEAST, NARROW, WIDE] = [110, 140, 170];
const WORDS: Readonly<Record<Aggregate, 'metric' | 'min' | 'max'>> = {
  last: 'metric',
  low: 'min',
  high: 'max',
};

/** The columns of a view: what every run has, then what differs between them, or all there is. */
export function columnsOf(view: RunView, columns: Columns): readonly GridColumn[] {
  const isShown = ({ differs }: { readonly differs: boolean }): boolean => view.isAll || differs;
  const widthOf = (name: string): number => Math.min(260, Math.max(LEAST, 8 * name.length + 40));
  const all: readonly GridColumn[] = [
    {
      key: 'experiment',
      label: 'Experiment',
      group: 'Run',
      width: WIDE,
      isNumber: false,
      value: (row) => row.experiment,
    },
    {
      key: 'status',
      label: 'Status',
      group: 'Run',
      width: NARROW,
      isNumber: false,
      value: (row) => row.status,
    },
    {
      key: 'started',
      label: 'Started',
      group: 'Run',
      width: NARROW,
      isNumber: false,
      value: (row) => row.startedAt,
    },
    ...columns.params.filter(isShown).map(
      ({ name, low, high }): GridColumn => ({
        ...{ key: `param:${name}`, label: name, group: 'Parameters', width: widthOf(name) },
        isNumber: low !== undefined && low !== null,
        value: (row) => row.params[name],
        ...rangeOf(low, high),
      }),
    ),
    ...columns.tags.filter(isShown).map(
      ({ name }): GridColumn => ({
        ...{ key: `tag:${name}`, label: name, group: 'Tags', width: widthOf(name), isNumber: false },
        value: (row) => row.tags[name],
      }),
    ),
    ...columns.metrics.filter(isShown).flatMap(({ name, low, high }) =>
      view.aggregates.map((aggregate): GridColumn => {
        const cut = name.indexOf('/');
        const word = AGGREGATES.find(([one]) => one === aggregate)?.[1] ?? aggregate;
        const label = `${name.slice(cut + 1)}${view.aggregates.length > 1 ? ` · ${word}` : ''}`;
        return {
          ...{ key: `${WORDS[aggregate]}:${name}`, label, width: widthOf(label), isNumber: true },
          group: cut > 0 ? `Metrics: ${name.slice(0, cut)}` : 'Metrics',
          value: (row) =>
            aggregate === 'last'
              ? (row.metrics[name]?.special ?? row.metrics[name]?.last)
              : row.metrics[name]?.[aggregate],
          ...(aggregate === 'last' ? rangeOf(low, high) : {}),
        };
      }),
    ),
  ];
  const seen = all.filter(({ key }) => !view.hidden.includes(key));
  const isPinned = ({ key }: GridColumn): boolean => view.pinned.includes(key);
  // What belongs to one group stands together, so that its name stands once.
  const groups = [...new Set(seen.map(({ group }) => group))];
  return [
    ...seen.filter(isPinned),
    ...groups.flatMap((group) => seen.filter((one) => one.group === group && !isPinned(one))),
  ];
}

const rangeOf = (
  low: number | null | undefined,
  high: number | null | undefined,
): { readonly range?: readonly [number, number] } =>
  typeof low === 'number' && typeof high === 'number' && low < high ? { range: [low, high] } : {};
