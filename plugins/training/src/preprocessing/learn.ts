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
import { isTrestleError } from '@trestle/kernel';
import { type Feature, WRITTEN_EXAMPLES, type Written } from '@trestle/model';
import { breathe } from '../breathe.ts';
import { trainError } from '../train-error.ts';
import { type Sorted, sortColumn, usualColumns } from './sort-columns.ts';

export interface LearnOptions {
  readonly encoding: Encoding;
  readonly missing: TrainingSpec['missing'];
  /** How texts that were read as numbers and times are written. */
  readonly written: ReadonlyMap<string, Written>;
}

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
  options: LearnOptions,
  signal: AbortSignal,
): Promise<Learnt> {
  const { table } = from;
  const sources = new Set(declared.flatMap((feature) => feature.sources));
  const sorted: (readonly [name: string, sorted: Sorted])[] = [];
  const features: Feature[] = [];
  const leftOut: { readonly name: string; readonly reason: string }[] = [];
  for (const name of candidates) {
    const column = table.columns[name];
    if (!column || column.type === 'image' || sources.has(name)) continue;
    await breathe(signal);
    const found = sortColumn(name, column, table.rows);
    if (found.kind === 'left out') leftOut.push({ name, reason: found.reason });
    else sorted.push([name, found]);
  }
  const usual = usualColumns(sorted);
  const design: LearntFeature[] = [];
  const encoded = options.encoding === 'plain' ? plainFeatures(usual) : usualFeatures(usual);
  for (const feature of encoded) {
    await breathe(signal);
    // A text of which no word comes again says no more than a name of its row.
    const learnt = feature.kind === 'text' ? learntWords(feature, from) : feature.learn(from);
    if (learnt) design.push(...learnt);
    else leftOut.push({ name: feature.name, reason: 'it is text of which no word comes again' });
  }
  for (const [name] of sorted) {
    const column = table.columns[name];
    if (column && column.type !== 'image' && !leftOut.some((one) => one.name === name))
      features.push(featureOf(name, column, options));
  }
  for (const feature of declared) {
    await breathe(signal);
    design.push(...feature.learn(from));
  }
  const described = new Map(design.flatMap(({ schema }) => (schema ? [[schema.name, schema] as const] : [])));
  for (const name of sources) {
    const column = table.columns[name];
    const schema =
      described.get(name) ?? (column && column.type !== 'image' && featureOf(name, column, options));
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
  return features.map(({ name, type, written }) => ({
    name,
    type,
    encoding: [
      ...(written ? [`read from texts such as ${WRITTEN_EXAMPLES[written]}`] : []),
      ...(made.get(name) ?? []),
    ].join('; '),
  }));
}

function featureOf(
  name: string,
  column: Exclude<TableColumn, ImageColumn>,
  { missing, written }: LearnOptions,
): Feature {
  const isMissing = column.type === 'string' ? column.values.includes('') : column.values.some(Number.isNaN);
  const way = written.get(name);
  return {
    name,
    type: column.type === 'string' ? 'category' : column.type,
    nullable: isMissing || missing === 'impute',
    ...(isMissing || missing === 'refuse' ? {} : { imputed: true }),
    ...(way === undefined ? {} : { written: way }),
  };
}

function learntWords(feature: DeclaredFeature, from: LearnFrom): readonly LearntFeature[] | undefined {
  try {
    return feature.learn(from);
  } catch (thrown) {
    if (isTrestleError(thrown) && thrown.code === 'TRS_TRAIN_FEATURE') return undefined;
    throw thrown;
  }
}
