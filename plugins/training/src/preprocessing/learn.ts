import type { Encoding, TrainingSpec } from '@trestle/contracts';
import {
  type DeclaredFeature,
  type ImageColumn,
  type LearnFrom,
  type LearntFeature,
  plainFeatures,
  type TableColumn,
  usualFeatures,
} from '@trestle/features';
import { type Feature, isImageText } from '@trestle/model';
import { breathe } from '../breathe.ts';
import { trainError } from '../train-error.ts';

/** A text column with nearly as many values as rows names its rows; nothing is learnt from a name. */
const IDENTIFIER_SHARE = 0.9;

export interface Learnt {
  /** The blocks of the design matrix, in order. */
  readonly design: readonly LearntFeature[];
  /** What a caller of the model gives. */
  readonly features: readonly Feature[];
  /** How each column reaches the model, in words. */
  readonly encodings: readonly { readonly name: string; readonly type: string; readonly encoding: string }[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

/**
 * Learns the preprocessing from the training part alone: declared features, and the usual encoding of the candidates that none of
 * them is made of.
 *
 * @throws TRS_TRAIN_NO_FEATURES, TRS_TRAIN_FEATURE
 */
export async function learnPreprocessing(
  from: LearnFrom,
  candidates: readonly string[],
  declared: readonly DeclaredFeature[],
  { encoding, missing }: { readonly encoding: Encoding; readonly missing: TrainingSpec['missing'] },
  signal: AbortSignal,
): Promise<Learnt> {
  const { table } = from;
  const sources = new Set(declared.flatMap((feature) => feature.sources));
  const usual: { readonly numbers: string[]; readonly strings: string[] } = { numbers: [], strings: [] };
  const features: Feature[] = [];
  const leftOut: { readonly name: string; readonly reason: string }[] = [];
  for (const name of candidates) {
    const column = table.columns[name];
    if (!column || column.type === 'image' || sources.has(name)) continue;
    await breathe(signal);
    const reason = reasonToLeaveOut(column, table.rows);
    if (reason) {
      leftOut.push({ name, reason });
    } else {
      (column.type === 'string' ? usual.strings : usual.numbers).push(name);
      features.push(featureOf(name, column, missing));
    }
  }
  const design: LearntFeature[] = [];
  const encoded = encoding === 'plain' ? plainFeatures(usual) : usualFeatures(usual);
  for (const feature of [...encoded, ...declared]) {
    await breathe(signal);
    design.push(...feature.learn(from));
  }
  const described = new Map(design.flatMap(({ schema }) => (schema ? [[schema.name, schema] as const] : [])));
  for (const name of sources) {
    const column = table.columns[name];
    const schema =
      described.get(name) ?? (column && column.type !== 'image' && featureOf(name, column, missing));
    if (schema) features.push(schema);
  }
  if (features.length === 0) {
    throw trainError('NO_FEATURES', {
      kind: 'invalid',
      message: 'No column is left to learn from.',
      hint:
        leftOut.map(({ name, reason }) => `"${name}" is left out: ${reason}.`).join(' ') ||
        'Exclude fewer columns.',
    });
  }
  return { design, features, encodings: encodingsOf(design, features), leftOut };
}

/** Of each column what all features together make of it. */
function encodingsOf(design: readonly LearntFeature[], features: readonly Feature[]): Learnt['encodings'] {
  const made = new Map<string, Set<string>>();
  for (const { column, encoding } of design.flatMap((feature) => feature.describe()))
    made.set(column, (made.get(column) ?? new Set()).add(encoding));
  return features.map(({ name, type }) => ({
    name,
    type,
    encoding: [...(made.get(name) ?? [])].join('; '),
  }));
}

function featureOf(
  name: string,
  column: Exclude<TableColumn, ImageColumn>,
  missing: TrainingSpec['missing'],
): Feature {
  const isMissing = column.type === 'string' ? column.values.includes('') : column.values.some(Number.isNaN);
  return {
    name,
    type: column.type === 'string' ? 'category' : column.type,
    nullable: isMissing || missing === 'impute',
    ...(isMissing || missing === 'refuse' ? {} : { imputed: true }),
  };
}

function reasonToLeaveOut(column: Exclude<TableColumn, ImageColumn>, rows: number): string | undefined {
  if (column.type === 'string') {
    const distinct = new Set(column.values).size;
    if (distinct === 1) return 'it is always the same';
    if (isImageText(column.values.find((value) => value !== '') ?? ''))
      return 'it holds images, which --features makes features of: {"image": {"kind": "image", "size": [28, 28]}}';
    return distinct > 50 && distinct > rows * IDENTIFIER_SHARE
      ? 'it differs in nearly every row, like an identifier'
      : undefined;
  }
  const present = column.values.filter((value) => !Number.isNaN(value));
  if (present.length === 0) return 'it has no values';
  const isConstant = present.every((value) => value === present[0]) && present.length === rows;
  return isConstant ? 'it is always the same' : undefined;
}
