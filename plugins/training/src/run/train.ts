import process from 'node:process';
import {
  type ClassesReport,
  type Metrics,
  type Pictures,
  type Run,
  type RunEnd,
  type RunRecorder,
  type TrainingSpec,
  trackingToken,
  trainingSpecSchema,
} from '@trestle/contracts';
import { type Context, invariant } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import type { z } from 'zod';
import { goldenExamples } from '../packaging/golden.ts';
import { modelCard } from '../packaging/model-card.ts';
import { driftReference } from '../packaging/reference.ts';
import { knownLeaks } from '../preparation/leaks.ts';
import { outputsOf, type Prepared, prepare } from '../preparation/prepare.ts';
import { candidatesFor } from '../selection/candidates.ts';
import { type Selection, select } from '../selection/select.ts';
import { checkParts, type Split } from '../table/split.ts';
import { takeRows } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import { crossScores, evaluate } from './evaluate.ts';
import { fitRows } from './fit-rows.ts';
import { readRun } from './runs.ts';
import { chooseWithinLimit, limitNotes } from './within-limit.ts';

/**
 * Trains, evaluates on the held-out part, packages, verifies; tracked as a run whatever comes of it. Each candidate is a
 * step, and the final fit with its package is one: in a job that begins again, those that were done are not done again.
 */
export async function train(
  ctx: Context,
  input: z.input<typeof trainingSpecSchema>,
  parent?: string,
): Promise<Run> {
  const spec = trainingSpecSchema.parse(input);
  // Refused before there is a run of it.
  candidatesFor(ctx, spec);
  ctx.progress({ step: `reading ${spec.data}`, fraction: 0.02 });
  const read = await prepare(ctx, spec, ctx.signal, (row) => {
    ctx.signal.throwIfAborted();
    if (row % 500 === 0) ctx.progress({ step: `decoding images, row ${row}`, fraction: 0.02 });
  });
  const { dataset, split } = read;
  const { leaks, notes: warned } = await knownLeaks(ctx, spec, read, ctx.signal);
  const prepared = {
    ...read,
    notes: [...warned, ...read.notes, ...checkParts(split, read.target, spec.target)],
  };
  const source = `${dataset.dataset}@${dataset.version}`;
  const recorder = await (await ctx.service(trackingToken)).begin(ctx, {
    kind: 'training',
    experiment: `${dataset.dataset}/${spec.target}`,
    parent,
    params: spec,
    notes: prepared.notes,
    madeFrom: [{ ref: `dataset:${source}`, kind: 'trained' }],
    facts: {
      spec,
      task: prepared.target.task,
      dataset: source,
      datasetDigest: dataset.digest,
      candidates: [],
      ...(leaks.length > 0 ? { leaks } : {}),
      metric: {
        name: prepared.deciding.metric.name,
        better: prepared.deciding.metric.better,
        why: prepared.deciding.why,
      },
      ...(prepared.target.whyPositive === undefined
        ? {}
        : {
            positive: {
              class: invariant(prepared.target.classes[1], 'the positive class'),
              why: prepared.target.whyPositive,
            },
          }),
      split: {
        kind: split.kind,
        trainRows: split.train.length,
        testRows: split.test.length,
        ...(split.folds ? { folds: split.folds.length } : {}),
        ...(split.boundary ? { boundary: split.boundary } : {}),
      },
      environment: { node: process.version, platform: `${process.platform}-${process.arch}`, device: 'wasm' },
    },
  });
  try {
    await recorder.end(await runTraining(ctx, spec, prepared, recorder));
    return await readRun(ctx, recorder.run);
  } catch (thrown) {
    await recorder.fail(thrown);
    throw thrown;
  }
}

async function runTraining(
  ctx: Context,
  spec: TrainingSpec,
  prepared: Prepared,
  recorder: RunRecorder,
): Promise<RunEnd> {
  const selected = await select(ctx, prepared, spec, recorder);
  const chosen = await chooseWithinLimit(ctx, spec, prepared, recorder.run, selected);
  const { baseline } = chosen;
  const made = await recorder.step('fit on all training rows, evaluate and package', () =>
    fitAndPackage(ctx, spec, prepared, recorder, chosen),
  );
  const flat = (part: string, metrics: Metrics) =>
    Object.entries(metrics).flatMap(([name, value]) =>
      value === null ? [] : [[`${part}/${name}`, value] as const],
    );
  return {
    status: 'succeeded',
    metrics: Object.fromEntries([...flat('train', made.train), ...flat('test', made.test)]),
    notes: made.notes,
    facts: {
      candidates: chosen.tried.map(({ candidate, metrics, seconds, weight, params, milliseconds }) => ({
        ...{ name: candidate.label, estimator: candidate.label, metrics, seconds, weight },
        ...(params ? { params } : {}),
        ...(milliseconds === undefined ? {} : { milliseconds }),
        chosen: weight > 0,
      })),
      validation: { how: chosen.validation, metrics: chosen.metrics },
      baseline: { name: baseline.name, validation: baseline.metrics, test: made.baseline },
      ...(prepared.target.task === 'binary' ? { threshold: chosen.threshold } : {}),
      features: made.features,
      leftOut: made.leftOut,
      ...(made.classes ? { classes: made.classes } : {}),
      ...(made.pictures ? { pictures: made.pictures } : {}),
      modelDigest: made.digest,
    },
  };
}

/**
 * Fits the chosen candidate on the training rows, measures it on both parts, and packages it with what was measured: fitted again on
 * all rows, as more of them make a better model, or as it was judged.
 */
async function fitAndPackage(
  ctx: Context,
  spec: TrainingSpec,
  prepared: Prepared,
  recorder: RunRecorder,
  chosen: Selection,
): Promise<{
  readonly digest: string;
  readonly train: Metrics;
  readonly test: Metrics;
  readonly notes: readonly string[];
  readonly baseline: Metrics;
  readonly classes: ClassesReport | undefined;
  readonly pictures: Pictures | undefined;
  readonly features: NonNullable<Run['features']>;
  readonly leftOut: NonNullable<Run['leftOut']>;
}> {
  const { table, split } = prepared;
  const fit = (rows: Int32Array) => fitRows(ctx, spec, prepared, recorder.run, chosen, rows);
  const crossed = split.folds ? await crossScores(prepared, fit) : undefined;
  const judged = await fit(split.train);
  ctx.progress({ step: 'evaluating', fraction: 0.86 });
  const evaluation = await evaluate(prepared, judged, split.test, chosen.threshold, crossed);
  const all = Int32Array.from(new Set([...split.train, ...split.test])).sort();
  // Cross-validation holds nothing out of the one that is packaged.
  const packaged = spec.refit === 'yes' && !split.folds ? await fit(all) : judged;
  ctx.progress({ step: 'packaging', fraction: 0.94 });
  const { fitted, model, metadata } = packaged;
  const found = [
    ...chosen.notes,
    ...fitted.notes,
    ...evaluation.notes,
    ...crossNotes(split, chosen),
    ...(await limitNotes(prepared, spec, packaged)),
  ];
  const held = takeRows(table, split.test);
  const bytes = packaged.package({
    ...metadata,
    golden: await goldenExamples(model, held, fitted.features, fitted.exact),
    metrics: evaluation.test,
    card: modelCard({
      schema: metadata.schema,
      features: fitted.features,
      estimator: chosen.estimator,
      spec,
      dataset: prepared.dataset,
      split,
      fittedRows: packaged.rows.length,
      metrics: evaluation.test,
      notes: [...prepared.notes, ...found],
    }),
    // Scores of rows that were fitted to are surer than those to come: those of the held-out rows are what to expect.
    reference: driftReference(
      fitted.features,
      takeRows(table, packaged.rows),
      evaluation.scores,
      outputsOf(prepared),
    ),
  });
  const verification = await (await openModel(bytes)).verify();
  if (!verification.verified) {
    throw trainError('PACKAGE', {
      kind: 'failed',
      message: `The packaged model does not answer as the trained one: ${verification.checks[0]?.detail}`,
      hint: 'This is a defect; please report it.',
    });
  }
  const { digest } = await recorder.artifact('model.onnx', bytes);
  return {
    digest,
    train: evaluation.train,
    test: evaluation.test,
    notes: found,
    baseline: evaluation.baseline,
    classes: evaluation.classes,
    pictures: evaluation.pictures,
    features: [...fitted.encodings],
    leftOut: [...fitted.leftOut, ...saidToBeNone(spec)],
  };
}

/** Whoever is the best of several on some rows is a little less so on others. */
const crossNotes = ({ folds }: Split, { tried }: Selection): readonly string[] =>
  folds && tried.length > 1
    ? [
        `The numbers are of ${folds.length} folds, each row answered by a model of the others; which candidate that is was chosen on the same rows, so they are a little too good.`,
      ]
    : [];

/** Columns that are no features because somebody said so. */
const saidToBeNone = ({
  exclude,
  timeColumn,
  splitColumn,
  group,
}: TrainingSpec): NonNullable<Run['leftOut']> => [
  ...exclude
    .filter((name) => ![timeColumn, splitColumn, group].includes(name))
    .map((name) => ({ name, reason: 'as asked' })),
  ...(timeColumn === undefined ? [] : [{ name: timeColumn, reason: 'it says which rows are later' }]),
  ...(splitColumn === undefined ? [] : [{ name: splitColumn, reason: 'it says which part a row is in' }]),
  ...(group === undefined ? [] : [{ name: group, reason: 'it says which rows belong together' }]),
];
