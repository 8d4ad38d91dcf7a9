import { datasetsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import {
  type Executor,
  type OnnxModel,
  openSession,
  quantizedValues,
  type Ranges,
  type TensorData,
  writeModel,
} from '@trestle/onnx';
import { breathe } from '../breathe.ts';
import { modelTable } from '../evaluation/model-table.ts';
import { toRows } from '../packaging/golden.ts';
import { readTable } from '../table/table.ts';
import { trainError } from '../train-error.ts';

/** So many rows show how large values become; more change little, and take long with images. */
const MOST_ROWS = 1_024;
const CHUNK = 64;

/**
 * The least and most of each value that products of a model read, while it answers rows spread over a dataset.
 *
 * @throws TRS_TRAIN_UNKNOWN_COLUMN where the dataset lacks what the model reads, and what reading and answering throw
 */
export async function calibrate(
  ctx: Context,
  onnx: OnnxModel,
  reference: string,
): Promise<{ readonly dataset: string; readonly rows: number; readonly ranges: Ranges }> {
  const datasets = await ctx.service(datasetsToken);
  const dataset = await datasets.resolve(reference);
  const named = `${dataset.dataset}@${dataset.version}`;
  const ranges = new Map<string, readonly [number, number]>();
  const model = await openModel(writeModel(onnx), undefined, watching(quantizedValues(onnx), ranges));
  try {
    const names = dataset.columns.map(({ name }) => name);
    const missing = model.features.filter(({ name }) => !names.includes(name));
    if (missing.length > 0)
      throw lacking(
        named,
        missing.map(({ name }) => name),
      );
    const read = await readTable(
      datasets,
      dataset,
      model.features.map(({ name }) => name),
      undefined,
      ctx.signal,
    );
    const step = Math.max(1, Math.ceil(read.rows / MOST_ROWS));
    const places = Array.from({ length: Math.ceil(read.rows / step) }, (_, index) => index * step);
    const table = modelTable(read, model.features);
    for (let from = 0; from < places.length; from += CHUNK) {
      ctx.signal.throwIfAborted();
      await breathe();
      ctx.progress({ step: `calibrating on ${named}`, fraction: 0.02 + (0.08 * from) / places.length });
      await model.predict(toRows(table, model.features, places.slice(from, from + CHUNK)));
    }
    return { dataset: named, rows: places.length, ranges };
  } finally {
    await model.close();
  }
}

/** Runs a model and notes between what values lie. What is no number has no part in a range. */
function watching(names: readonly string[], ranges: Map<string, readonly [number, number]>): Executor {
  return {
    name: 'calibration',
    async open({ model }) {
      const shown = new Set(model.graph.outputs.map(({ name }) => name));
      const more = names.filter((name) => !shown.has(name));
      const outputs = [
        ...model.graph.outputs,
        ...more.map((name) => ({ name, type: 'float32' as const, dims: [], isRankless: true })),
      ];
      const session = await openSession({ ...model, graph: { ...model.graph, outputs } });
      return {
        ...session,
        outputs: model.graph.outputs,
        async run(feeds, options) {
          const found = await session.run(feeds, options);
          for (const name of names) {
            const values = (found[name] as TensorData | undefined)?.data;
            if (!(values instanceof Float32Array)) continue;
            let [least, most] = ranges.get(name) ?? [0, 0];
            for (const value of values) {
              if (value < least && value !== Number.NEGATIVE_INFINITY) least = value;
              else if (value > most && value !== Number.POSITIVE_INFINITY) most = value;
            }
            ranges.set(name, [least, most]);
          }
          return Object.fromEntries(Object.entries(found).filter(([name]) => shown.has(name)));
        },
      };
    },
  };
}

const lacking = (named: string, columns: readonly string[]) =>
  trainError('UNKNOWN_COLUMN', {
    kind: 'invalid',
    message: `"${named}" lacks ${columns.map((name) => `"${name}"`).join(', ')}, which the model reads.`,
    hint: 'Calibrate on a dataset with the columns of the training.',
    details: { columns },
  });
