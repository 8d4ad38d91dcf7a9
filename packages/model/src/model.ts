import {
  coreExecutor,
  type Executor,
  type Limits,
  readModel,
  type Session,
  type ValueData,
  type ValueInfo,
} from '@trestle/onnx';
import { OUTPUT_NAMES } from './build-model.ts';
import { feedsOf, type Row, refusal } from './check-rows.ts';
import { foreignFeatures, isBatched, plainOutputs } from './foreign-model.ts';
import { type Feeds, imageGroups, type OnImage } from './image/image-groups.ts';
import { markImputed } from './imputed.ts';
import type { Feature, ModelMetadata, ModelOrigin, ModelSchema } from './metadata.ts';
import { ModelError } from './model-error.ts';
import { readMetadata } from './read-metadata.ts';
import { roundedFields } from './rounded-fields.ts';
import { sha256 } from './sha256.ts';
import type { TextModel } from './text/open-text.ts';
import { wholeText } from './text/whole-text.ts';
import { unseenFields } from './unseen-fields.ts';
import { compareGolden } from './verify.ts';

/**
 * What a model says of a row: `{label, probability, probabilities}` for classes, `{value}` for numbers; `imputed` names the features
 * that were missing and never were in training.
 */
export type Prediction = Readonly<Record<string, unknown>>;

export interface Verification {
  readonly verified: boolean;
  readonly checks: readonly { readonly name: string; readonly passed: boolean; readonly detail: string }[];
}

/** A model that is ready to predict, in Node and in a browser. Opening and using it runs no code of the file. */
export interface Model {
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
  /** Undefined for a model that was made elsewhere. */
  readonly metadata: ModelMetadata | undefined;
  /** Where a model that was made elsewhere comes from, as far as it was told when it was taken in. */
  readonly origin: ModelOrigin | undefined;
  /** Markdown; empty where there is none. */
  readonly card: string;
  readonly features: readonly Feature[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** @throws TRS_MODEL_ROW_INVALID naming the row, the field and the reason */
  predict(rows: readonly Row[], onImage?: OnImage): Promise<readonly Prediction[]>;
  /** Why the model would refuse a row, if it does; images are looked at when it predicts. */
  refused(row: Row): { readonly field: string; readonly reason: string } | undefined;
  /** Fields of a row that the model reads as other numbers than those that stand there; none of almost every row. */
  rounded(row: Row): readonly string[];
  /** Categories of a row that the training part did not have, by their fields. */
  unseen(row: Row): readonly string[];
  /** Writes a text on, piece by piece, until it ends or `isStopped` says so; undefined of a model that does not write. */
  generate: TextModel['generate'];
  /** Tensors in, tensors out, as the graph has them. */
  run: Session['run'];
  /** What the golden examples ask. */
  readonly examples: readonly Row[];
  /** Replays the golden examples. */
  verify(): Promise<Verification>;
  /** Bytes that its file takes, and the most that a run of it has taken so far. */
  memory(): { readonly weights: number; readonly run: number };
  /** Lets go of what its executor holds outside of JavaScript's memory. */
  close(): Promise<void>;
}

/**
 * Opens a model package, or any ONNX file whose operators are known.
 *
 * @param executor where its graph runs
 * @throws TRS_ONNX_… , TRS_MODEL_METADATA, TRS_MODEL_TOKENIZER
 */
export async function openModel(
  bytes: Uint8Array,
  limits?: Partial<Limits>,
  executor: Executor = coreExecutor,
): Promise<Model> {
  const onnx = readModel(bytes, limits);
  const session = await executor.open({ bytes, model: onnx });
  // Its number, so that the file itself is not kept.
  const weights = bytes.length;
  const { metadata, foreign } = readMetadata(onnx);
  const golden = metadata?.golden ?? foreign?.golden;
  const part = metadata?.text ?? foreign?.text;
  const text = part && (await import('./text/open-text.ts')).openText(part, session);
  const features = text?.features ?? metadata?.schema.features ?? foreignFeatures(onnx);
  const isByRow = !metadata && !isBatched(session.inputs);
  const predictAlike = async (rows: readonly Row[], images: Feeds): Promise<readonly Prediction[]> => {
    const outputs = await session.run({ ...feedsOf(features, rows, session.inputs), ...images });
    if (!metadata) return plainOutputs(outputs, rows.length);
    return markImputed(features, rows, predictionsOf(metadata.schema, outputs, rows.length));
  };
  const predict = async (rows: readonly Row[], onImage?: OnImage): Promise<readonly Prediction[]> => {
    if (rows.length === 0) return [];
    if (text) return await predictTexts(text, rows, metadata?.schema);
    if (isByRow) {
      feedsOf(features, rows, session.inputs);
      const found: Prediction[] = [];
      for (const row of rows) found.push(...(await predictAlike([row], {})));
      return found;
    }
    if (!features.some(({ type }) => type === 'image')) return await predictAlike(rows, {});
    // All rows are checked before the first image is decoded.
    feedsOf(features, rows, session.inputs);
    const predictions = new Array<Prediction>(rows.length);
    for await (const group of imageGroups(features, rows, onImage)) {
      const found = await predictAlike(
        group.rows.map((row) => rows[row] ?? {}),
        group.feeds,
      );
      for (const [index, row] of group.rows.entries()) predictions[row] = found[index] ?? {};
    }
    return predictions;
  };
  return {
    digest: await sha256(bytes),
    metadata,
    origin: metadata?.origin ?? foreign?.origin,
    card: metadata?.card ?? foreign?.card ?? '',
    features,
    inputs: session.inputs,
    outputs: session.outputs,
    predict,
    refused: (row) => refusal(() => (text ? text.check([row]) : feedsOf(features, [row], session.inputs))),
    rounded: roundedFields(features, session.inputs, metadata?.reference),
    unseen: unseenFields(features, metadata?.reference),
    generate: text?.generate,
    run: session.run,
    examples: golden?.rows ?? [],
    verify: () => compareGolden(golden, predict),
    memory: () => ({ weights, run: session.peakBytes?.() ?? 0 }),
    close: () => session.close(),
  };
}

async function predictTexts(
  { answer, generate, check }: TextModel,
  rows: readonly Row[],
  schema: ModelSchema | undefined,
): Promise<readonly Prediction[]> {
  // All rows are checked before the first one is computed.
  check(rows);
  if (generate) {
    const found: Prediction[] = [];
    for (const row of rows) found.push({ ...(await wholeText(generate(row))) });
    return found;
  }
  if (!answer) return [];
  const { values, width } = await answer(rows);
  if (schema) {
    const name = OUTPUT_NAMES[schema.task];
    return predictionsOf(
      schema,
      { [name]: { name, type: 'float64', dims: [rows.length, width], data: values } },
      rows.length,
    );
  }
  return rows.map((_, row) => ({ embedding: [...values.subarray(row * width, (row + 1) * width)] }));
}

function predictionsOf(
  schema: ModelSchema,
  outputs: Readonly<Record<string, ValueData>>,
  rows: number,
): Prediction[] {
  const values = outputs[OUTPUT_NAMES[schema.task]]?.data ?? [];
  const width = values.length / rows;
  const at = (index: number): number => {
    const value = Number(values[index] ?? Number.NaN);
    if (Number.isFinite(value)) return value;
    const row = Math.floor(index / width);
    throw new ModelError(
      'ANSWER_NOT_FINITE',
      `Row ${row}: the model answers ${value}, which is no number to go by.`,
      'Look at the values of that row: one of them is far from what the model has learnt.',
      { row, field: '', reason: `the model answers ${value}` },
    );
  };
  return Array.from({ length: rows }, (_, row) => {
    if (schema.task === 'regression') return { value: at(row) };
    const scores =
      schema.task === 'binary'
        ? [1 - at(row), at(row)]
        : schema.classes.map((_name, index) => at(row * schema.classes.length + index));
    const best =
      schema.task === 'binary' ? Number(at(row) >= schema.threshold) : scores.indexOf(Math.max(...scores));
    return {
      label: schema.classes[best],
      // Of the positive class of two, of the chosen class of several.
      probability: schema.task === 'binary' ? at(row) : scores[best],
      probabilities: Object.fromEntries(schema.classes.map((name, index) => [name, scores[index]])),
    };
  });
}
