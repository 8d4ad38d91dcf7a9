import process from 'node:process';
import { type Metrics, type Run, type TrainingSpec, trainingSpecSchema } from '@trestle/contracts';
import { designPart, type Table } from '@trestle/features';
import { type Context, errorDocument, toTrestleError } from '@trestle/kernel';
import { buildModel, type ModelMetadata, openModel } from '@trestle/model';
import { blobsToken } from '@trestle/store';
import type { z } from 'zod';
import { decidingMetric, measure } from '../evaluation/metrics.ts';
import { scoreModel } from '../evaluation/score-model.ts';
import { goldenExamples } from '../packaging/golden.ts';
import { modelCard } from '../packaging/model-card.ts';
import { driftReference } from '../packaging/reference.ts';
import { takeRows } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import { type Prepared, prepare } from './prepare.ts';
import { newRunId, recordRun } from './runs.ts';
import { candidatesFor, fitFinal, learn, outputsOf, type Tried, tryCandidates } from './select-estimator.ts';

/** Trains, evaluates on the held-out part, packages, verifies; recorded as a run whatever comes of it. */
export async function train(ctx: Context, input: z.input<typeof trainingSpecSchema>): Promise<Run> {
  const spec = trainingSpecSchema.parse(input);
  // Refused before there is a run of it.
  candidatesFor(ctx, spec);
  ctx.progress({ step: `reading ${spec.data}`, fraction: 0.02 });
  const prepared = await prepare(ctx, spec, (row) => {
    ctx.signal.throwIfAborted();
    if (row % 500 === 0) ctx.progress({ step: `decoding images, row ${row}`, fraction: 0.02 });
  });
  const { dataset, split } = prepared;
  const started: Run = {
    run: newRunId(),
    status: 'running',
    spec,
    task: prepared.target.task,
    dataset: `${dataset.dataset}@${dataset.version}`,
    datasetDigest: dataset.digest,
    metrics: {},
    candidates: [],
    split: {
      kind: split.kind,
      trainRows: split.train.length,
      testRows: split.test.length,
      ...(split.boundary ? { boundary: split.boundary } : {}),
    },
    notes: [...prepared.notes],
    curves: {},
    environment: { node: process.version, platform: `${process.platform}-${process.arch}`, device: 'wasm' },
    startedAt: new Date().toISOString(),
  };
  await recordRun(ctx, ctx, started);
  try {
    const finished = await runTraining(ctx, spec, prepared, started);
    await recordRun(ctx, ctx, finished);
    return finished;
  } catch (thrown) {
    const error = toTrestleError(thrown);
    const status = error.kind === 'interrupted' ? 'interrupted' : 'failed';
    const { code, message } = errorDocument(error);
    await recordRun(ctx, ctx, {
      ...started,
      status,
      error: `${code}: ${message}`,
      finishedAt: new Date().toISOString(),
    });
    throw error;
  }
}

async function runTraining(ctx: Context, spec: TrainingSpec, prepared: Prepared, started: Run): Promise<Run> {
  const tried = await tryCandidates(ctx, prepared, spec);
  const chosen = bestOf(prepared, tried);
  const training = takeRows(prepared.table, prepared.split.train);
  const held = takeRows(prepared.table, prepared.split.test);
  const learnt = learn(prepared, prepared.split.train);
  const head = await fitFinal(ctx, prepared, learnt, chosen, spec.seed);
  ctx.progress({ step: 'evaluating and packaging', fraction: 0.92 });
  const { task, classes } = prepared.target;
  const metadata: ModelMetadata = {
    schema: {
      task,
      target: spec.target,
      features: [...learnt.features],
      classes: [...classes],
      threshold: 0.5,
    },
    golden: { rows: [], predictions: [], tolerance: 0 },
    metrics: {},
    card: '',
    lineage: { run: started.run, dataset: started.dataset, datasetDigest: started.datasetDigest },
    reference: { features: [] },
    estimator: chosen.candidate.estimator,
    licence: 'not stated',
    createdAt: started.startedAt,
  };
  // A first package without measurements is what they are taken from.
  const parts = {
    ...designPart(learnt.design),
    head,
    outputs: outputsOf(prepared),
  };
  const bare = await openModel(buildModel({ ...parts, metadata }));
  const scores = await scoreModel(bare, held);
  const metrics = {
    train: measureOn(prepared, training, await scoreModel(bare, training), prepared.split.train),
    test: measureOn(prepared, held, scores, prepared.split.test),
  };
  const notes = [...prepared.notes, ...learnt.notes];
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
      golden: await goldenExamples(bare, held, learnt.features),
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
  return {
    ...started,
    status: 'succeeded',
    metrics,
    candidates: tried.map((one) => ({
      estimator: one.candidate.label,
      metrics: one.metrics,
      chosen: one === chosen,
    })),
    curves: Object.fromEntries(tried.map((one) => [one.candidate.label, [...one.curve]])),
    notes,
    modelDigest: digest,
    finishedAt: new Date().toISOString(),
  };
}

function bestOf(prepared: Prepared, tried: readonly Tried[]): Tried {
  const { name, better } = decidingMetric(prepared.target.task);
  const score = ({ metrics }: Tried): number =>
    (better === 'higher' ? 1 : -1) * (metrics[name] ?? Number.NaN);
  return tried.reduce((best, one) => (score(one) > score(best) ? one : best));
}

export function measureOn(prepared: Prepared, part: Table, scores: Float64Array, rows: Int32Array): Metrics {
  const targets = Float64Array.from(rows, (row) => prepared.target.values[row] ?? Number.NaN);
  return part.rows === 0
    ? {}
    : measure(prepared.target.task, targets, scores, prepared.target.classes.length);
}
