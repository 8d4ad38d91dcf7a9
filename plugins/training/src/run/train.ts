import process from 'node:process';
import {
  type ClassesReport,
  type Metrics,
  type Run,
  type RunEnd,
  type RunRecorder,
  type TrainingSpec,
  trackingToken,
  trainingSpecSchema,
} from '@trestle/contracts';
import { designPart } from '@trestle/features';
import { type Context, invariant } from '@trestle/kernel';
import { buildModel, type ModelMetadata, openModel } from '@trestle/model';
import { blobsToken } from '@trestle/store';
import type { z } from 'zod';
import { baselineOf, measureBaseline } from '../evaluation/baseline.ts';
import { measure, reportOf, scoreOf } from '../evaluation/metrics.ts';
import { scoreModel } from '../evaluation/score-model.ts';
import { goldenExamples } from '../packaging/golden.ts';
import { modelCard } from '../packaging/model-card.ts';
import { driftReference } from '../packaging/reference.ts';
import { checkParts } from '../table/split.ts';
import { takeRows } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import { type Prepared, prepare } from './prepare.ts';
import { readRun } from './runs.ts';
import {
  candidatesFor,
  fitFinal,
  learn,
  outputsOf,
  type Tried,
  targetsOf,
  tryCandidates,
} from './select-estimator.ts';

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
  const prepared = { ...read, notes: [...read.notes, ...checkParts(split, read.target, spec.target)] };
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
  const { tried, baseline } = await tryCandidates(ctx, prepared, spec, recorder);
  const chosen = bestOf(prepared, tried);
  const made = await recorder.step('fit on all training rows, evaluate and package', () =>
    fitAndPackage(ctx, spec, prepared, recorder.run, chosen),
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
      candidates: tried.map((one) => ({
        name: one.candidate.label,
        estimator: one.candidate.label,
        metrics: one.metrics,
        seconds: one.seconds,
        chosen: one === chosen,
      })),
      baseline: { name: baseline.name, validation: baseline.metrics, test: made.baseline },
      ...(prepared.target.task === 'binary' ? { threshold: chosen.threshold } : {}),
      features: made.features,
      leftOut: made.leftOut,
      ...(made.classes ? { classes: made.classes } : {}),
      modelDigest: made.digest,
    },
  };
}

/** Fits the chosen candidate on all training rows, measures it on both parts, and packages it with what was measured. */
async function fitAndPackage(
  ctx: Context,
  spec: TrainingSpec,
  prepared: Prepared,
  run: string,
  chosen: Tried,
): Promise<{
  readonly digest: string;
  readonly train: Metrics;
  readonly test: Metrics;
  readonly notes: readonly string[];
  readonly baseline: Metrics;
  readonly classes: ClassesReport | undefined;
  readonly features: NonNullable<Run['features']>;
  readonly leftOut: NonNullable<Run['leftOut']>;
}> {
  const training = takeRows(prepared.table, prepared.split.train);
  const held = takeRows(prepared.table, prepared.split.test);
  const learnt = await learn(prepared, prepared.split.train, chosen.candidate.encoding, ctx.signal);
  const fitted = await fitFinal(ctx, prepared, learnt, chosen, spec);
  ctx.progress({ step: 'evaluating and packaging', fraction: 0.92 });
  const { dataset } = prepared;
  const { task, classes } = prepared.target;
  const metadata: ModelMetadata = {
    schema: {
      task,
      target: spec.target,
      features: [...learnt.features],
      classes: [...classes],
      threshold: chosen.threshold,
    },
    golden: { rows: [], predictions: [], tolerance: 0 },
    metrics: {},
    card: '',
    lineage: { run, dataset: `${dataset.dataset}@${dataset.version}`, datasetDigest: dataset.digest },
    reference: { features: [] },
    estimator: chosen.candidate.estimator,
    licence: 'not stated',
    createdAt: new Date().toISOString(),
  };
  // A first package without measurements is what they are taken from.
  const parts = {
    ...designPart(learnt.design),
    head: fitted.head,
    outputs: outputsOf(prepared),
    ...(fitted.exact ? { outputType: 'float64' as const } : {}),
  };
  const bare = await openModel(buildModel({ ...parts, metadata }));
  const scores = await scoreModel(bare, held);
  const metrics = {
    train: measureOn(prepared, await scoreModel(bare, training), prepared.split.train, chosen.threshold),
    test: measureOn(prepared, scores, prepared.split.test, chosen.threshold),
  };
  const heldTargets = targetsOf(prepared, prepared.split.test);
  const report = reportOf(
    { task, targets: heldTargets, scores, classes: classes.length, threshold: chosen.threshold },
    classes,
  );
  const unknown = Object.entries(metrics.test).flatMap(([name, value]) => (value === null ? [name] : []));
  const found = [
    ...fitted.notes,
    ...unfound(prepared, report, chosen.threshold),
    ...(unknown.length > 0
      ? [
          `No number on the held-out part: ${unknown.join(', ')}. The model's answers are infinite or no numbers there.`,
        ]
      : []),
  ];
  const notes = [...prepared.notes, ...found];
  const facts = {
    schema: metadata.schema,
    features: learnt.features,
    estimator: chosen.candidate.estimator,
    spec,
    dataset: prepared.dataset,
    split: prepared.split,
    metrics: metrics.test,
    notes,
  };
  const bytes = buildModel({
    ...parts,
    metadata: {
      ...metadata,
      golden: await goldenExamples(bare, held, learnt.features, fitted.exact),
      metrics: metrics.test,
      card: modelCard(facts),
      reference: driftReference(learnt.features, training, scores, outputsOf(prepared)),
    },
  });
  const verification = await (await openModel(bytes)).verify();
  if (!verification.verified) {
    throw trainError('PACKAGE', {
      kind: 'failed',
      message: `The packaged model does not answer as the trained one: ${verification.checks[0]?.detail}`,
      hint: 'This is a defect; please report it.',
    });
  }
  const { digest } = await (await ctx.service(blobsToken)).put(bytes);
  const trained = targetsOf(prepared, prepared.split.train);
  const baseline = baselineOf(task, trained, classes, prepared.deciding.metric);
  return {
    digest,
    ...metrics,
    notes: found,
    baseline: measureBaseline(baseline, task, heldTargets, classes.length, prepared.metrics),
    classes: report,
    features: [...learnt.encodings],
    leftOut: [...learnt.leftOut],
  };
}

/** A model that never says the class that is looked for is of no use at that threshold, however accurate it is. */
function unfound(
  { target }: Prepared,
  report: ClassesReport | undefined,
  threshold: number,
): readonly string[] {
  const [, positive] = report?.each ?? [];
  if (target.task !== 'binary' || !positive || positive.rows === 0 || positive.recall > 0) return [];
  return [
    `At the threshold ${threshold} the model finds none of the ${positive.rows} held-out rows of "${positive.class}": --threshold tuned or --class-weight balanced makes it look for them.`,
  ];
}

function bestOf({ deciding }: Prepared, tried: readonly Tried[]): Tried {
  const score = ({ metrics }: Tried): number => scoreOf(deciding.metric, metrics);
  return tried.reduce((best, one) => (score(one) > score(best) ? one : best));
}

export function measureOn(
  prepared: Prepared,
  scores: Float64Array,
  rows: Int32Array,
  threshold: number,
): Metrics {
  const { target, metrics } = prepared;
  if (rows.length === 0) return {};
  return measure(target.task, targetsOf(prepared, rows), scores, target.classes.length, threshold, metrics);
}
