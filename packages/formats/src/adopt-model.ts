import {
  type Feature,
  type GoldenExamples,
  type Model,
  type ModelOrigin,
  openModel,
  type Prediction,
  type Row,
} from '@trestle/model';
import { cardOf } from './card.ts';
import { formatsError } from './formats-error.ts';
import { guessRows } from './guess-rows.ts';
import { openSource } from './model-source.ts';
import { readFormat } from './read-format.ts';
import type { ReadModel } from './read-model.ts';

/** How far a number may be off when an example is replayed, relative to it. */
const TOLERANCE = 1e-4;
/** Examples that a package keeps. */
const MOST_EXAMPLES = 50;

export interface AdoptOptions {
  /** Of all that is read. */
  readonly maxBytes: number;
  /** What the model is to be called in its card. */
  readonly name: string;
  /** Rows to make golden examples of; fields that are no features are what the model must answer. */
  readonly examples?: readonly Row[] | undefined;
}

export interface Adopted {
  readonly package: Uint8Array;
  /** Undefined of a package that was made here. */
  readonly origin: ModelOrigin | undefined;
  /** What a person should know. */
  readonly notes: readonly string[];
}

/**
 * Takes a model of another library in: reads it, runs it for golden examples, and writes a card of what is known. The same files
 * give the same package.
 *
 * @param path absolute; a file or a folder
 * @throws TRS_FORMATS_…, and what its reader refuses it for
 */
export async function adoptModel(path: string, { maxBytes, name, examples }: AdoptOptions): Promise<Adopted> {
  const source = await openSource(path, maxBytes);
  const read = await readFormat(source);
  const { format, framework, notes } = read;
  const origin: ModelOrigin = {
    ...{ format, source: source.name, digest: source.digest(), notes: [...notes] },
    ...(framework === undefined ? {} : { framework }),
  };
  const bare = read.build({ origin, golden: NO_GOLDEN, card: '' });
  if (read.isPackage) {
    if (examples) throw ownExamples();
    return { package: bare, origin: undefined, notes: [] };
  }
  const model = await openModel(bare, { maxBytes });
  const made = await goldenOf(model, read, examples);
  const all: ModelOrigin = { ...origin, notes: [...notes, ...made.notes] };
  const card = cardOf(name, model, all, made.golden);
  return { package: read.build({ origin: all, golden: made.golden, card }), origin: all, notes: all.notes };
}

const NO_GOLDEN: GoldenExamples = { rows: [], predictions: [], tolerance: TOLERANCE };

async function goldenOf(
  model: Model,
  read: ReadModel,
  examples: readonly Row[] | undefined,
): Promise<{ readonly golden: GoldenExamples; readonly notes: readonly string[] }> {
  if (examples)
    return { golden: await answered(model, examples.slice(0, MOST_EXAMPLES)), notes: leftOut(examples) };
  const rows = read.examples ?? read.suggested ?? guessRows(model.features, read.texts ?? []);
  const golden = await answerable(model, rows.slice(0, MOST_EXAMPLES));
  if (golden.rows.length > 0) return { golden, notes: [] };
  return {
    golden,
    notes: [
      'No golden examples: none of the rows that were tried was answered alike twice. Give some with --examples FILE, or verifying it says only that it opens.',
    ],
  };
}

const leftOut = (examples: readonly Row[]): readonly string[] =>
  examples.length > MOST_EXAMPLES
    ? [`Of ${examples.length} examples the first ${MOST_EXAMPLES} are kept.`]
    : [];

/** Examples that somebody gave: all must be answered, and as they say. @throws TRS_FORMATS_EXAMPLE_DIFFERS, TRS_MODEL_ROW_INVALID */
async function answered(model: Model, examples: readonly Row[]): Promise<GoldenExamples> {
  const features = new Map(model.features.map(({ name, type }) => [name, type]));
  // A column of digits is read as numbers, whatever the model takes them for.
  const asTaken = (name: string, value: unknown): unknown =>
    features.get(name) === 'category' && (typeof value === 'number' || typeof value === 'boolean')
      ? String(value)
      : value;
  const part = (row: Row, isFeature: boolean): Row =>
    Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) =>
        features.has(name) === isFeature ? [[name, asTaken(name, value)]] : [],
      ),
    );
  const rows = examples.map((row) => part(row, true));
  const predictions = await model.predict(rows);
  for (const [at, row] of examples.entries())
    for (const [name, expected] of Object.entries(part(row, false))) {
      const found = predictions[at] ?? {};
      if (!(name in found)) throw unknownField(at, name, model.features, Object.keys(found));
      if (isNear(expected, found[name])) continue;
      throw formatsError('EXAMPLE_DIFFERS', {
        kind: 'refused',
        message: `Example ${at}: the model answers ${name} ${JSON.stringify(found[name])}, and ${JSON.stringify(expected)} is expected.`,
        hint: 'The file may be of another version than the one that the answers come from, or its columns be in another order.',
        details: { row: at, field: name, expected, found: found[name] },
      });
    }
  return { rows, predictions: predictions.map(copied), tolerance: TOLERANCE };
}

/** What a model answers to rows that nobody vouches for: those that it refuses, or answers by chance, are left out. */
async function answerable(model: Model, rows: readonly Row[]): Promise<GoldenExamples> {
  const kept: [Row, Prediction][] = [];
  for (const row of rows) {
    try {
      const [[first = {}], [second = {}]] = [await model.predict([row]), await model.predict([row])];
      const text = asJson(first);
      if (text !== undefined && text === asJson(second)) kept.push([row, first]);
    } catch (thrown) {
      // A row of our own making may be one that no caller would send.
      if (!(thrown instanceof Error && 'code' in thrown)) throw thrown;
    }
  }
  return {
    rows: kept.map(([row]) => ({ ...row })),
    predictions: kept.map(([, prediction]) => copied(prediction)),
    tolerance: TOLERANCE,
  };
}

const copied = (prediction: Prediction): Record<string, unknown> => ({ ...prediction });

/** Undefined where JSON would hold something else. */
function asJson(prediction: Prediction): string | undefined {
  const holds = (value: unknown): boolean => {
    if (typeof value === 'number') return Number.isFinite(value);
    if (typeof value === 'object' && value !== null) return Object.values(value).every(holds);
    return typeof value !== 'bigint';
  };
  return holds(prediction) ? JSON.stringify(prediction) : undefined;
}

function isNear(expected: unknown, found: unknown): boolean {
  if (Array.isArray(expected) && Array.isArray(found))
    return expected.length === found.length && expected.every((one, at) => isNear(one, found[at]));
  if (typeof expected === 'number' || typeof found === 'number') {
    const [wanted, given] = [Number(expected), Number(found)];
    return Math.abs(wanted - given) <= TOLERANCE * (1 + Math.abs(wanted));
  }
  if (typeof expected === 'object' && expected !== null && typeof found === 'object' && found !== null) {
    const own = new Map<string, unknown>(Object.entries(found));
    return Object.entries(expected).every(([name, value]) => isNear(value, own.get(name)));
  }
  return expected === found;
}

const ownExamples = () =>
  formatsError('OWN_EXAMPLES', {
    kind: 'usage',
    message: 'The file is a package of Trestle, which brings golden examples of its own.',
    hint: 'Register it without --examples.',
  });

const unknownField = (row: number, field: string, features: readonly Feature[], outputs: readonly string[]) =>
  formatsError('EXAMPLE_FIELD', {
    kind: 'invalid',
    message: `Example ${row} has the field "${field}", which is neither a feature nor an answer.`,
    hint: `The model takes ${features
      .slice(0, 20)
      .map(({ name }) => name)
      .join(', ')} and answers ${outputs.slice(0, 20).join(', ')}.`,
    details: { row, field },
  });
