import { metricsSchema, runSchema } from '@trestle/contracts';
import { shellWord, type View } from '@trestle/kernel';
import { z } from 'zod';
import { LEAK } from '../preparation/leaks.ts';
import { shownTime } from '../table/shown-time.ts';
import { classViews } from './class-views.ts';

const run = runSchema.shape;

/** What a training came to. */
export const trainResultSchema = z.object({
  run: z.string(),
  task: run.task,
  dataset: z.string().optional(),
  target: z.string(),
  metrics: z.object({ train: metricsSchema, validation: metricsSchema, test: metricsSchema }),
  metric: run.metric,
  positive: run.positive,
  threshold: run.threshold,
  baseline: run.baseline,
  /** On which training rows candidates were judged. */
  validation: z.string().optional(),
  features: run.features,
  leftOut: run.leftOut,
  leaks: run.leaks,
  classes: run.classes,
  candidates: run.candidates,
  split: run.split,
  notes: z.array(z.string()),
  model: z.object({ name: z.string(), version: z.number(), digest: z.string() }).optional(),
});
type TrainResult = z.output<typeof trainResultSchema>;

/** Beside the deciding one: more columns do not fit. */
const MORE_METRICS = 4;
const MOST_FEATURES = 40;

/** First what was asked and how it was understood, then how good it is, at last what to do next. */
export const trainViews = (result: TrainResult): readonly View[] => [
  plan(result),
  ...leaks(result),
  ...features(result),
  candidates(result),
  chosen(result),
  ...classViews(result.classes, 'held-out rows', result.threshold),
  ...result.notes
    .filter((text) => !text.startsWith(LEAK))
    .map((text): View => ({ kind: 'note', tone: 'info', text })),
  {
    kind: 'note',
    tone: 'good',
    text: `Run ${result.run} on ${result.dataset}${result.model ? `, registered as ${result.model.name}@${result.model.version}` : ''}`,
  },
  { kind: 'text', text: `Next: ${nextCommand(result)}` },
];

const leaks = ({ notes }: TrainResult): readonly View[] =>
  notes.filter((text) => text.startsWith(LEAK)).map((text): View => ({ kind: 'note', tone: 'warn', text }));

function nextCommand({ run: id, model }: TrainResult): string {
  return model
    ? `trestle predict ${shellWord(`${model.name}@${model.version}`)} --input FILE`
    : `trestle model register --run ${id} --name NAME`;
}

function plan(result: TrainResult): View {
  const { task, target, split, metric, positive, threshold } = result;
  const held = split?.boundary
    ? `the latest, from ${shownTime(split.boundary)} on`
    : split?.kind === 'group'
      ? 'whole groups'
      : split?.kind;
  return {
    kind: 'facts',
    title: `${target}, ${task}`,
    facts: [
      ['data', result.dataset ?? ''],
      [
        'rows',
        split?.folds === undefined
          ? `${split?.trainRows} to train on, ${split?.testRows} held out (${held})`
          : `${split.trainRows}, each judged by a model of the other ${split.folds - 1} of ${split.folds} folds`,
      ],
      [
        'features',
        `${result.features?.length ?? 0}${result.leftOut?.length ? `, ${result.leftOut.length} left out` : ''}`,
      ],
      ...(positive ? [['positive class', `${positive.class} (${positive.why})`] as const] : []),
      ...(threshold === undefined ? [] : [['threshold', Number(threshold.toPrecision(4))] as const]),
      ...(metric
        ? [['metric that decides', `${metric.name}, ${metric.better} is better (${metric.why})`] as const]
        : []),
    ],
  };
}

function features({ features: all = [], leftOut = [] }: TrainResult): readonly View[] {
  const rows = [
    ...all.map(({ name, type, encoding }) => ({ name, type, encoding })),
    ...leftOut.map(({ name, reason }) => ({ name, type: '', encoding: `left out: ${reason}` })),
  ];
  if (rows.length === 0) return [];
  const more = rows.length - MOST_FEATURES;
  return [
    {
      kind: 'table',
      title:
        more > 0 ? `Features (the first ${MOST_FEATURES} of ${rows.length}; --json has all)` : 'Features',
      columns: [
        { key: 'name', label: 'column' },
        { key: 'type', label: 'type' },
        { key: 'encoding', label: 'what becomes of it' },
      ],
      rows: rows.slice(0, MOST_FEATURES),
    },
  ];
}

function candidates({ candidates: all, metric, metrics, baseline, validation }: TrainResult): View {
  const isEnsemble = all.filter((one) => one.chosen).length > 1;
  const isTimed = all.some(({ milliseconds }) => milliseconds !== undefined);
  const known = Object.keys(all[0]?.metrics ?? {});
  const others = known.filter((name) => name !== metric?.name);
  const shown = [...(metric ? [metric.name] : []), ...others.slice(0, MORE_METRICS)];
  return {
    kind: 'table',
    title: `Candidates (${validation ?? 'validation part'})`,
    columns: [
      { key: 'chosen', label: '' },
      { key: 'candidate', label: 'candidate' },
      ...shown.map((name) => ({ key: name, label: name, align: 'right' as const })),
      ...(isEnsemble ? [{ key: 'weight', label: 'weight', align: 'right' as const }] : []),
      ...(isTimed ? [{ key: 'milliseconds', label: 'ms a row', align: 'right' as const }] : []),
      { key: 'seconds', label: 'seconds', align: 'right' },
    ],
    rows: [
      ...(baseline ? [{ chosen: '', candidate: `baseline: ${baseline.name}`, ...baseline.validation }] : []),
      ...all.map((one) => ({
        chosen: one.chosen ? '→' : '',
        candidate: one.name ?? one.estimator,
        ...one.metrics,
        weight: one.chosen && one.weight !== undefined ? Number(one.weight.toFixed(2)) : undefined,
        milliseconds: one.milliseconds === undefined ? undefined : Number(one.milliseconds.toPrecision(2)),
        seconds: one.seconds === undefined ? undefined : Number(one.seconds.toFixed(1)),
      })),
      ...(isEnsemble
        ? [{ chosen: '→', candidate: 'ensemble of those with a weight', ...metrics.validation }]
        : []),
    ],
  };
}

const chosen = ({ metrics, baseline, split, metric }: TrainResult): View => ({
  kind: 'table',
  title: `The chosen one (${split?.testRows} ${split?.folds === undefined ? 'held-out rows' : 'rows, each out of its fold'}${split?.boundary ? ` from ${shownTime(split.boundary)} on` : ''})`,
  columns: [
    { key: 'metric', label: 'metric' },
    { key: 'test', label: 'held out', align: 'right' },
    { key: 'baseline', label: 'baseline', align: 'right' },
    { key: 'train', label: 'training', align: 'right' },
  ],
  rows: Object.keys(metrics.test)
    .toSorted((a, b) => Number(b === metric?.name) - Number(a === metric?.name))
    .map((name) => ({
      metric: name,
      test: metrics.test[name],
      baseline: baseline?.test[name],
      train: metrics.train[name],
    })),
});
