import { findMetric, type ModelVersion, modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { METADATA_PREFIX, type Model, openModel, type Prediction } from '@trestle/model';
import {
  compressWeights,
  type OnnxModel,
  type Quantized,
  quantize,
  readModel,
  rewrite,
  type WeightFormat,
  writeModel,
} from '@trestle/onnx';
import { trainError } from '../train-error.ts';
import { calibrate } from './calibrate.ts';
import { evaluateOpened } from './evaluate-handler.ts';

interface OptimizeInput {
  readonly model: string;
  readonly to?: WeightFormat | undefined;
  readonly compute: 'float32' | 'integers';
  readonly calibrate?: string | undefined;
  readonly data?: string | undefined;
  readonly most: number;
}

type Metrics = Record<string, number | null>;

/**
 * Makes a version of a model that is smaller or faster, measures both, and registers it. The golden examples are answered anew: what
 * the new version says of them is what it is verified by. The same twice is the same version.
 *
 * @throws TRS_TRAIN_OPTIMIZE_OPTIONS, TRS_TRAIN_NOTHING_TO_OPTIMIZE, TRS_TRAIN_WORSE, and what `evaluate` and registering throw
 */
export async function optimizeModel(ctx: Context, input: OptimizeInput) {
  const { model: reference, to, data, most } = input;
  checkOptions(input);
  const models = await ctx.service(modelsToken);
  const version = await models.resolve(reference);
  const named = `${version.name}@${version.version}`;
  const given = await models.bytes(version);
  const read = readModel(given);
  const { model: folded, hits: rules } = rewrite(read);
  const counted = await inIntegers(ctx, folded, input);
  const small = to && compressWeights(counted?.model ?? folded, to);
  const graph = small?.model ?? folded;
  const integers = counted?.nodes ?? 0;
  const left = { ...counted?.left, ...small?.left };
  if (to ? small?.weights === 0 && integers === 0 : Object.keys(rules).length === 0)
    throw nothingToDo(named, to, left);
  const before = await openModel(given);
  // It has the golden answers of before, which nobody compares yet.
  const after = await openModel(writeModel(graph));
  try {
    ctx.progress({ step: 'answering the golden examples', fraction: 0.1 });
    const predictions = await after.predict(before.examples);
    const changed = differing(await before.predict(before.examples), predictions);
    const metrics =
      data === undefined ? null : await measured(ctx, { before, after, version, reference, data });
    if (metrics) refuseWorse(ctx, metrics, most);
    ctx.progress({ step: 'timing both', fraction: 0.8 });
    const speed = await speedOf(before, after);
    const bytes = writeModel({
      ...graph,
      metadata: metadataOf(read.metadata, predictions, {
        words: wordsOf(named, to, small?.weights ?? 0, counted),
        // What was measured before is not said of weights that were rounded since.
        metrics: metrics?.after ?? (to ? {} : undefined),
      }),
    });
    const made = await models.register(ctx, { name: version.name, bytes, madeFrom: `model:${named}` });
    return {
      ...{ name: made.name, version: made.version, from: version.version, digest: made.digest },
      size: { before: given.byteLength, after: bytes.byteLength },
      golden: { examples: before.examples.length, changed },
      ...{ speed, metrics, rules: { ...rules }, weights: small?.weights ?? 0, integers, left },
      ...(counted?.calibrated ? { calibrated: counted.calibrated } : {}),
    };
  } finally {
    await Promise.all([before.close(), after.close()]);
  }
}

interface Versions {
  readonly before: Model;
  readonly after: Model;
  readonly version: ModelVersion;
  readonly reference: string;
  readonly data: string;
}

async function measured(ctx: Context, { before, after, version, reference, data }: Versions) {
  const asked = { model: reference, data, seed: 42 };
  const old = await evaluateOpened(ctx, before, version, asked);
  const found = await evaluateOpened(ctx, after, version, asked);
  return { dataset: found.dataset, before: { ...old.metrics }, after: { ...found.metrics } };
}

/** @throws TRS_TRAIN_WORSE naming the metric that became worse by more than the share that is allowed */
function refuseWorse(
  ctx: Context,
  { dataset, before, after }: { readonly dataset: string; readonly before: Metrics; readonly after: Metrics },
  most: number,
): void {
  const name = worseMetric(before, after, most, (metric) => findMetric(ctx, metric)?.better);
  if (name === undefined) return;
  throw trainError('WORSE', {
    kind: 'refused',
    message: `The new version is worse on ${dataset}: ${name} is ${after[name]}, and was ${before[name]}.`,
    hint: 'Keep its weights in a larger format, or allow more with --most (a share of the metric).',
    details: { metric: name, before: before[name], after: after[name], most },
  });
}

/** The first metric that became worse by more than so much of what it was; those that nobody knows the better way of are passed over. */
export function worseMetric(
  before: Metrics,
  after: Metrics,
  most: number,
  betterOf: (metric: string) => 'higher' | 'lower' | undefined,
): string | undefined {
  return Object.entries(before).find(([name, old]) => {
    const [better, found] = [betterOf(name), after[name] ?? null];
    if (better === undefined || old === null) return false;
    const loss = found === null ? Number.POSITIVE_INFINITY : better === 'higher' ? old - found : found - old;
    return loss > most * Math.abs(old);
  })?.[0];
}

/** Rows of which the label differs, or a value by more than a thousandth. */
function differing(before: readonly Prediction[], after: readonly Prediction[]): number {
  return before.filter((old, row) => {
    const found = after[row] ?? {};
    if (old.label !== found.label) return true;
    if (typeof old.value !== 'number' || typeof found.value !== 'number') return false;
    return Math.abs(old.value - found.value) > 1e-3 * (1 + Math.abs(old.value));
  }).length;
}

const ROUNDS = 7;

/** Both in turn, so that what else the machine does hits both; null where there are no examples. */
async function speedOf(before: Model, after: Model): Promise<{ before: number; after: number } | null> {
  const { examples } = before;
  if (examples.length === 0) return null;
  const best = { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY };
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, model] of [['before', before] as const, ['after', after] as const]) {
      const from = performance.now();
      await model.predict(examples);
      best[name] = Math.min(best[name], performance.now() - from);
    }
  return best;
}

function wordsOf(
  named: string,
  to: WeightFormat | undefined,
  weights: number,
  counted: Counted | undefined,
): string {
  if (counted) {
    const { nodes, calibrated } = counted;
    const ranges = calibrated
      ? `ranges that were measured on ${calibrated.rows} rows of ${calibrated.dataset}`
      : 'the range of what comes with each batch, on which an answer depends a little';
    return `Made from ${named}: ${nodes} of its products compute in integers of 8 bits, by ${ranges}.`;
  }
  return to
    ? `Made from ${named}: ${weights} of its weights are kept as ${to}; it computes in float32.`
    : `Made from ${named}: its graph was folded, its weights are the same.`;
}

interface Counted extends Quantized {
  readonly calibrated: { readonly dataset: string; readonly rows: number } | undefined;
}

/** The graph with its products in integers, where that is asked for. */
async function inIntegers(
  ctx: Context,
  model: OnnxModel,
  { compute, calibrate: reference }: OptimizeInput,
): Promise<Counted | undefined> {
  if (compute !== 'integers') return undefined;
  if (reference === undefined) return { ...quantize(model), calibrated: undefined };
  const { ranges, ...calibrated } = await calibrate(ctx, model, reference);
  return { ...quantize(model, ranges), calibrated };
}

/** @throws TRS_TRAIN_OPTIMIZE_OPTIONS naming two that do not go together */
function checkOptions({ to, compute, calibrate: reference }: OptimizeInput): void {
  if (compute === 'integers' && to !== 'int8') throw apart('--compute integers', '--to int8');
  if (reference !== undefined && compute !== 'integers') throw apart('--calibrate', '--compute integers');
}

const apart = (option: string, needed: string) =>
  trainError('OPTIMIZE_OPTIONS', {
    kind: 'usage',
    message: `${option} goes with ${needed} alone.`,
    hint: 'trestle model optimize MODEL --to int8 --compute integers [--calibrate DATASET]',
  });

/** Our entries of the file as they were, but for what the new version says and what was measured of it. */
function metadataOf(
  given: OnnxModel['metadata'],
  predictions: readonly Prediction[],
  { words, metrics }: { readonly words: string; readonly metrics: Metrics | undefined },
): OnnxModel['metadata'] {
  const [golden, card] = [`${METADATA_PREFIX}golden`, `${METADATA_PREFIX}card`];
  const changed: Record<string, string> = { ...given };
  // Opening the model has checked both entries.
  if (given[golden] !== undefined)
    changed[golden] = JSON.stringify({ ...JSON.parse(given[golden]), predictions });
  if (given[card] !== undefined) changed[card] = JSON.stringify(`${JSON.parse(given[card])}\n\n${words}\n`);
  if (metrics && given[`${METADATA_PREFIX}metrics`] !== undefined)
    changed[`${METADATA_PREFIX}metrics`] = JSON.stringify(metrics);
  return changed;
}

function nothingToDo(named: string, to: WeightFormat | undefined, left: Readonly<Record<string, string>>) {
  const [first] = Object.entries(left);
  const why = first ? ` ("${first[0]}": ${first[1]})` : '';
  return trainError('NOTHING_TO_OPTIMIZE', {
    kind: 'conflict',
    message: to
      ? `"${named}" has no weights that could be kept as ${to}${why}.`
      : `Nothing of the graph of "${named}" can be folded.`,
    hint: to
      ? 'Trees, and matrices of less than 1,000 values, stay as they are.'
      : 'Its weights may be kept smaller: --to float16, int8 or int4.',
    details: { left },
  });
}
