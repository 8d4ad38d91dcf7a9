import type { Deployment, Measure, Rollout } from '@trestle/contracts';
import type { View } from '@trestle/kernel';
import type { Here, RolloutDetails, RunsOn } from './deployment.ts';

export const deployedView = (deployment: Deployment): View => ({
  kind: 'note',
  tone: 'good',
  text: `${deployment.deployment} (revision ${deployment.revision}) serves ${deployment.model.name}@${deployment.model.version}${
    deployment.follows === undefined ? '' : ` and follows "${deployment.follows}"`
  }.`,
});

const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;

/** How a rollout stands, in a sentence. */
export function rolloutNotes({ rollout }: Pick<Deployment, 'rollout'>): readonly View[] {
  if (!rollout) return [];
  const { strategy, challenger, state, step, share, mirrored } = rollout;
  const traffic =
    mirrored > 0 ? `is asked ${percent(mirrored)} besides` : `answers ${percent(share)} of the requests`;
  return [
    {
      kind: 'note',
      tone: state === 'paused' ? 'warn' : 'info',
      text: `Rollout ${rollout.rollout} (${strategy}, ${state}, step ${step + 1}): ${challenger.name}@${challenger.version} ${traffic}.`,
    },
  ];
}

const TONES: Readonly<Record<Rollout['state'], 'info' | 'good' | 'warn' | 'bad'>> = {
  running: 'info',
  paused: 'warn',
  promoted: 'good',
  aborted: 'warn',
  'rolled-back': 'bad',
  superseded: 'warn',
};

/** The evidence of a rollout as a table and a small plot, and its history. */
export function rolloutViews(rollout: RolloutDetails): readonly View[] {
  const { verdict, history } = rollout;
  const last = history.at(-1);
  const isOver = rollout.finishedAt !== undefined;
  return [
    {
      kind: 'heading',
      text: `Rollout ${rollout.rollout}: ${rollout.strategy} of ${rollout.challenger.name}@${rollout.challenger.version}`,
    },
    {
      kind: 'note',
      tone: TONES[rollout.state],
      text: [
        `${rollout.state}${isOver ? ` since ${rollout.finishedAt}` : `, step ${rollout.step + 1}`}`,
        ...(isOver && last ? last.reasons : verdict.reasons),
      ].join('\n'),
    },
    ...(verdict.measures.length === 0 ? [] : [measuresTable(verdict.measures)]),
    ...plotOf(rollout),
    {
      kind: 'table',
      title: 'History',
      columns: [
        { key: 'createdAt', label: 'when' },
        { key: 'kind', label: 'what' },
        { key: 'actor', label: 'by' },
        { key: 'share', label: 'share', align: 'right' },
        { key: 'why', label: 'why' },
      ],
      rows: history.map(({ createdAt, kind, actor, share, reasons }) => ({
        createdAt,
        kind,
        actor,
        share: percent(share),
        why: reasons[0],
      })),
    },
  ];
}

const shown = (value: number | null): string =>
  value === null ? '' : `${Number((100 * value).toPrecision(3))} %`;

export const measuresTable = (measures: readonly Measure[]): View => ({
  kind: 'table',
  title: 'Evidence',
  columns: [
    { key: 'name', label: 'requests with' },
    { key: 'champion', label: 'champion', align: 'right' },
    { key: 'challenger', label: 'challenger', align: 'right' },
    { key: 'of', label: 'of requests', align: 'right' },
    { key: 'excess', label: 'excess', align: 'right' },
    { key: 'between', label: 'surely between', align: 'right' },
    { key: 'tolerance', label: 'allowed', align: 'right' },
    { key: 'state', label: '' },
  ],
  rows: measures.map(({ name, champion, challenger, excess, low, high, tolerance, state }) => ({
    name,
    champion: shown(champion.value),
    challenger: shown(challenger.value),
    of: challenger.of,
    excess: shown(excess),
    between: low === null || high === null ? '' : `${shown(low)} … ${shown(high)}`,
    tolerance: shown(tolerance),
    state,
  })),
});

/** How the bounds of what decides, or is furthest from it, closed in. */
function plotOf({ verdict, points }: RolloutDetails): readonly View[] {
  const known = verdict.measures.filter(({ high }) => high !== null);
  const shownOne =
    known.find(({ state }) => state === 'worse') ?? known.find(({ state }) => state === 'open') ?? known[0];
  if (!shownOne) return [];
  const over = points.flatMap(({ measures }) => {
    const found = measures.find(({ name }) => name === shownOne.name);
    return found && found.low !== null && found.high !== null ? [found] : [];
  });
  if (over.length < 2) return [];
  const series = (name: string, of: (measure: Measure) => number | null) => ({
    name,
    points: over.map((measure) => 100 * (of(measure) ?? 0)),
  });
  return [
    {
      kind: 'lines',
      title: `Excess of ${shownOne.name}, in points of percent`,
      series: [
        series('excess', ({ excess }) => excess),
        series('at least', ({ low }) => low),
        series('at most', ({ high }) => high),
        series('allowed', ({ tolerance }) => tolerance),
      ],
    },
  ];
}

/** Where the graph runs, and what `auto` measured. */
export const runsOnViews = ({ wanted, executor, measured, host, chosenAt }: RunsOn): View[] => [
  {
    kind: 'note',
    tone: 'info',
    text:
      executor === undefined
        ? 'Where it runs is measured with the first request (executor "auto").'
        : `It runs on ${executor}${wanted === executor ? '' : `, chosen on ${host} at ${chosenAt} (executor "${wanted}")`}.`,
  },
  ...(measured.length === 0
    ? []
    : [
        {
          kind: 'table' as const,
          title: 'Executors',
          columns: [
            { key: 'executor', label: 'executor' },
            { key: 'agrees', label: 'agrees' },
            { key: 'detail', label: 'found' },
          ],
          rows: measured.map(({ executor: name, agrees, detail }) => ({
            executor: name,
            agrees: agrees ? 'yes' : 'no',
            detail,
          })),
        },
      ]),
];

/** What its versions did in the process that was asked. */
export const hereViews = (here: Here): readonly View[] =>
  here.length === 0
    ? []
    : [
        {
          kind: 'table',
          title: 'In this process',
          columns: [
            { key: 'version', label: 'version', align: 'right' },
            { key: 'answered', label: 'answered', align: 'right' },
            { key: 'refused', label: 'refused', align: 'right' },
            { key: 'failed', label: 'failed', align: 'right' },
            { key: 'rowsPerCall', label: 'rows a call', align: 'right' },
            { key: 'waitedMs', label: 'waited ms', align: 'right' },
            { key: 'ranMs', label: 'ran ms', align: 'right' },
            { key: 'threads', label: 'threads', align: 'right' },
            { key: 'bytes', label: 'bytes', align: 'right' },
            { key: 'setAsideUntil', label: 'set aside until' },
          ],
          rows: here.map((one) => ({ ...one })),
        },
      ];
