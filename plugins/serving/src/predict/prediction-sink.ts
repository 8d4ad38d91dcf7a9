import { open, rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import type { Context } from '@trestle/kernel';
import type { Prediction } from '@trestle/model';
import { stringify } from 'csv-stringify/sync';
import { MAX_SHOWN } from '../operations/predict.ts';

/** Where predictions go, batch by batch. */
export interface Sink {
  readonly kept?: Prediction[];
  take(predictions: readonly Prediction[]): Promise<void>;
  finish(): Promise<void>;
  discard(): Promise<void>;
}

export function keepFirst(): Sink {
  const kept: Prediction[] = [];
  return {
    kept,
    async take(predictions) {
      kept.push(...predictions.slice(0, MAX_SHOWN - kept.length));
    },
    async finish() {},
    async discard() {},
  };
}

/**
 * A file that is whole or not there, in the format that its name says: CSV, TSV, one JSON list, else JSON lines.
 *
 * @param isMarked whether a table has a column of what was imputed, which only some rows have
 */
export async function fileSink(ctx: Context, out: string, isMarked = false): Promise<Sink> {
  const path = await ctx.files.write(out);
  const beside = `${path}.${ctx.requestId}.partial`;
  const file = await open(beside, 'wx');
  const text = textOf(extname(out).toLowerCase(), isMarked);
  let isFirst = true;
  return {
    async take(predictions) {
      await file.write(text.batch(predictions, isFirst));
      isFirst &&= predictions.length === 0;
    },
    async finish() {
      await file.write(text.end(isFirst));
      await file.sync();
      await file.close();
      await rename(beside, path);
    },
    async discard() {
      await file.close().catch(() => {});
      await rm(beside, { force: true });
    },
  };
}

interface Text {
  /** `isFirst`: nothing stands before it. */
  batch(predictions: readonly Prediction[], isFirst: boolean): string;
  /** `isEmpty`: there was no prediction. */
  end(isEmpty: boolean): string;
}

function textOf(extension: string, isMarked: boolean): Text {
  if (extension === '.csv' || extension === '.tsv') {
    const delimiter = extension === '.csv' ? ',' : '\t';
    return {
      batch: (predictions, isFirst) =>
        stringify(
          predictions.map((one) => flat(isMarked ? { ...one, imputed: listed(one.imputed) } : one)),
          { header: isFirst, delimiter },
        ),
      end: () => '',
    };
  }
  if (extension === '.json') {
    return {
      batch: (predictions, isFirst) =>
        predictions.map((one, at) => `${isFirst && at === 0 ? '[' : ','}\n${JSON.stringify(one)}`).join(''),
      end: (isEmpty) => (isEmpty ? '[]\n' : '\n]\n'),
    };
  }
  return {
    batch: (predictions) => predictions.map((one) => `${JSON.stringify(one)}\n`).join(''),
    end: () => '',
  };
}

const listed = (names: unknown): string => (Array.isArray(names) ? names.join(', ') : '');

/** A cell for each value: what is inside of a field is a field of its own, `probabilities.true`. */
function flat(prediction: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(prediction).flatMap(([key, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, one]): [string, unknown] => [`${key}.${inner}`, one])
        : [[key, Array.isArray(value) ? JSON.stringify(value) : value]],
    ),
  );
}
