import type { TrackedRun } from '@trestle/contracts';
import { isRecord, type View } from '@trestle/kernel';
import { chosenOf } from '../chosen-of.ts';

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);

/** As many of a candidate's metrics as a line has room for. */
const CANDIDATE_METRICS = 5;

/** Facts of pipelines and retrainings. */
const OF_A_KIND = ['pipeline', 'trigger', 'deployment', 'alert'] as const;

/** The numbers of a run that a line has room for, what decided first. */
function score({ metrics, metric }: TrackedRun): string {
  const numbers = isRecord(metrics.test) ? metrics.test : metrics;
  return Object.entries(numbers)
    .sort(([a], [b]) => Number(b === metric?.name) - Number(a === metric?.name))
    .flatMap(([name, value]) => (typeof value === 'number' ? [`${name} ${value.toFixed(3)}`] : []))
    .slice(0, 2)
    .join(', ');
}

export const runTable = (runs: readonly TrackedRun[]): readonly View[] => [
  {
    kind: 'table',
    columns: [
      { key: 'run', label: 'run' },
      { key: 'kind', label: 'kind' },
      { key: 'experiment', label: 'experiment' },
      { key: 'status', label: 'status' },
      { key: 'dataset', label: 'dataset' },
      { key: 'chosen', label: 'estimator' },
      { key: 'score', label: 'held out' },
      { key: 'startedAt', label: 'started' },
    ],
    rows: runs.map((run) => ({
      run: run.run,
      kind: run.kind,
      experiment: run.experiment,
      status: run.unreadable === undefined ? run.status : 'unreadable',
      dataset: run.dataset,
      chosen: chosenOf(run),
      score: score(run),
      startedAt: run.startedAt,
    })),
  },
  ...runs.flatMap(unreadableNote),
];

const unreadableNote = ({ run, unreadable }: TrackedRun): readonly View[] =>
  unreadable === undefined
    ? []
    : [
        {
          kind: 'note',
          tone: 'bad',
          text: `The record of ${run} cannot be read: ${unreadable}. "trestle run delete ${run}" takes it out of the list.`,
        },
      ];

/** Which code it was, as far as it is known. */
function codeFacts({ code = {} }: TrackedRun): readonly (readonly [string, string])[] {
  const { script, commit, isChanged, changedFiles } = code;
  return [
    ...(typeof script === 'string' ? ([['script', script]] as const) : []),
    ...(typeof commit === 'string'
      ? ([
          ['commit', `${commit}${isChanged === true ? ` with ${String(changedFiles)} files changed` : ''}`],
        ] as const)
      : []),
  ];
}

type Part = TrackedRun['metrics'][string] | undefined;
const numbersIn = (part: Part): Readonly<Record<string, number | null>> =>
  typeof part === 'object' && part !== null ? part : {};

export function runViews(
  run: TrackedRun & {
    readonly curves: Readonly<Record<string, readonly number[]>>;
    readonly thinned?: readonly string[] | undefined;
  },
) {
  const { test, train, ...others } = run.metrics;
  const parts = { test: numbersIn(test), train: numbersIn(train) };
  const { split } = run;
  const views: View[] = [
    {
      kind: 'facts',
      title: `Run ${run.run}`,
      facts: [
        ['kind', run.kind],
        ['experiment', run.experiment],
        ['status', run.status],
        ...(run.dataset === undefined ? [] : ([['dataset', run.dataset]] as const)),
        ...(run.spec === undefined ? [] : ([['target', run.spec.target]] as const)),
        ...(run.task === undefined ? [] : ([['task', run.task]] as const)),
        ...(run.metric === undefined
          ? []
          : ([['metric that decides', `${run.metric.name} (${run.metric.why})`]] as const)),
        ...(run.positive === undefined
          ? []
          : ([['positive class', `${run.positive.class} (${run.positive.why})`]] as const)),
        ...(split === undefined
          ? []
          : ([
              [
                'split',
                `${split.kind}: ${split.trainRows} + ${split.testRows} rows${split.boundary ? ` at ${split.boundary}` : ''}`,
              ],
            ] as const)),
        ...OF_A_KIND.flatMap((name) => {
          const value = run[name];
          return typeof value === 'string' ? [[name, value] as const] : [];
        }),
        ...(run.modelDigest === undefined ? [] : ([['model', run.modelDigest]] as const)),
        ...(run.parent === undefined ? [] : ([['part of', run.parent]] as const)),
        ...(run.job === undefined ? [] : ([['job', run.job]] as const)),
        ...codeFacts(run),
        ['started', run.startedAt],
        ['finished', run.finishedAt ?? null],
        ...(run.error === undefined ? [] : ([['error', run.error]] as const)),
        ...Object.entries(run.tags).map(([name, value]) => [`tag ${name}`, value] as const),
      ],
    },
  ];
  if (Object.keys(parts.test).length > 0)
    views.push({
      kind: 'table',
      title: 'Metrics',
      columns: [
        { key: 'metric', label: 'metric' },
        { key: 'test', label: 'held out', align: 'right' },
        { key: 'train', label: 'training', align: 'right' },
      ],
      rows: Object.keys(parts.test).map((metric) => ({
        metric,
        test: parts.test[metric],
        train: parts.train[metric],
      })),
    });
  if (run.candidates?.length)
    views.push({
      kind: 'table',
      title: 'Candidates',
      columns: [
        { key: 'chosen', label: '' },
        { key: 'estimator', label: 'candidate' },
        ...Object.keys(run.candidates[0]?.metrics ?? {})
          .slice(0, CANDIDATE_METRICS)
          .map((name) => ({ key: name, label: name, align: 'right' as const })),
        { key: 'weight', label: 'weight', align: 'right' },
        { key: 'seconds', label: 'seconds', align: 'right' },
      ],
      rows: run.candidates.map(({ metrics, weight, seconds, chosen, estimator }) => ({
        ...metrics,
        chosen: chosen ? '→' : '',
        estimator,
        weight: chosen && weight !== undefined ? Number(weight.toFixed(2)) : undefined,
        seconds: seconds === undefined ? undefined : Number(seconds.toFixed(1)),
      })),
    });
  const single = Object.entries(others).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([metric, each]) => ({ metric: `${name}/${metric}`, value: each }))
      : [{ metric: name, value }],
  );
  if (single.length > 0)
    views.push({
      kind: 'table',
      title: 'Metrics (the last of each series)',
      columns: [
        { key: 'metric', label: 'metric' },
        { key: 'value', label: 'value', align: 'right' },
      ],
      rows: single,
    });
  if (run.steps.length > 0)
    views.push({
      kind: 'table',
      title: 'Steps',
      columns: [
        { key: 'step', label: 'step' },
        { key: 'state', label: '' },
        { key: 'detail', label: '' },
      ],
      rows: run.steps.map(({ step, state, output, reason, error }) => ({
        step,
        state,
        detail: shown(error ?? output ?? reason),
      })),
    });
  if (Object.keys(run.curves).length > 0)
    views.push({
      kind: 'lines',
      title: run.kind === 'training' ? 'Validation score by epoch' : 'Series',
      series: Object.entries(run.curves).map(([name, points]) => ({ name, points: [...points] })),
    });
  for (const name of run.thinned ?? [])
    views.push({
      kind: 'note',
      tone: 'info',
      text: `${name} is long: the least and the greatest value of each stretch of steps are shown; "trestle run series ${run.run} --metrics ${name}" gives more.`,
    });
  for (const { name, value, points, firstStep } of run.specialValues ?? [])
    views.push({
      kind: 'note',
      tone: 'warn',
      text: `${name} is ${value} ${points === 1 ? `at step ${firstStep}` : `${points} times, first at step ${firstStep}`}.`,
    });
  if (run.lastHeardAt !== undefined)
    views.push({
      kind: 'note',
      tone: 'warn',
      text: `Its process is lost: it was last heard at ${run.lastHeardAt}. A script goes on with it with startRun({ resume: "${run.run}" }).`,
    });
  if (run.artifacts.length > 0)
    views.push({
      kind: 'table',
      title: 'Artifacts',
      columns: [
        { key: 'name', label: 'name' },
        { key: 'bytes', label: 'bytes', align: 'right' },
        { key: 'digest', label: 'SHA-256' },
        { key: 'freed', label: '' },
      ],
      rows: run.artifacts.map(({ name, bytes, digest, freedAt }) => ({
        ...{ name, bytes, digest },
        freed: freedAt === undefined ? '' : `removed ${freedAt}`,
      })),
    });
  views.push(...unreadableNote(run));
  views.push(...run.notes.map((text): View => ({ kind: 'note', tone: 'info', text })));
  return views;
}
