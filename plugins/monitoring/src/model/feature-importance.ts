import { modelsToken } from '@trestle/contracts';
import { isTrestleError, type Scope } from '@trestle/kernel';
import { type Feature, type Model, openModel, type Prediction, type Row } from '@trestle/model';
import { seeded, sumOf } from '@trestle/statistics';
import type { FeatureReference } from '../drift/reference.ts';
import type { WeighedFeature } from '../incident/finding.ts';
import type { Importances } from '../model-facts.ts';
import { isElsewhere } from '../watched.ts';

/** Rows that a model is asked for each of its features. */
const ROWS = 200;
/** Rows that it is asked in all: of many features, fewer each. */
const MOST_ROWS = 40_000;
const FEWEST_ROWS = 20;
/** A file that is larger is not opened for this. */
const MOST_BYTES = 256 * 2 ** 20;

/** Reads models and asks them, each once. */
export function importanceReader(scope: Scope): Importances {
  const known = new Map<string, Promise<readonly WeighedFeature[]>>();
  return {
    async of(model) {
      if (isElsewhere({ model })) return [];
      const reference = `${model.name}@${model.version}`;
      const found = known.get(reference) ?? read(scope, reference);
      known.set(reference, found);
      return await found;
    },
  };
}

/** An alert must not fail for a model that cannot be opened: then nothing is known. */
async function read(scope: Scope, reference: string): Promise<readonly WeighedFeature[]> {
  try {
    const models = await scope.service(modelsToken);
    const version = await models.resolve(reference);
    const bytes = await models.bytes(version);
    if (bytes.length > MOST_BYTES) return [];
    const model = await openModel(bytes);
    try {
      return await importancesOf(model);
    } finally {
      await model.close();
    }
  } catch (cause) {
    if (!isTrestleError(cause)) throw cause;
    scope.log.debug('how much a model uses its features is not known', {
      model: reference,
      cause: String(cause),
    });
    return [];
  }
}

/**
 * How much a model uses each of its features: by how far its answers move, on average, when the value of the feature is drawn anew from
 * the training part. Rows are drawn feature by feature from the reference that the package holds, so no data is read and no label is needed; what
 * features have to do with each other is left out. Shares that sum to 1; empty for a model without a reference, or one of texts and images.
 */
export async function importancesOf(
  model: Pick<Model, 'metadata' | 'features' | 'predict'>,
): Promise<readonly WeighedFeature[]> {
  const { metadata, features } = model;
  const isDrawn = ({ type }: Feature): boolean => type !== 'image' && type !== 'tensor' && type !== 'text';
  if (!metadata || !features.every(isDrawn)) return [];
  const references = new Map(metadata.reference.features.map((one) => [one.name, one]));
  const [first] = metadata.golden.rows;
  if (features.some(({ name }) => !references.has(name)) && !first) return [];
  const rows = Math.max(FEWEST_ROWS, Math.min(ROWS, Math.floor(MOST_ROWS / features.length)));
  const random = seeded(1);
  const draw = (): Row[] =>
    Array.from({ length: rows }, () =>
      Object.fromEntries(
        features.map((feature) => {
          const reference = references.get(feature.name);
          return [feature.name, reference ? drawn(feature, reference, random) : first?.[feature.name]];
        }),
      ),
    );
  const [base, other] = [draw(), draw()];
  const before = await model.predict(base);
  const moved: number[] = [];
  for (const { name } of features) {
    const after = await model.predict(base.map((row, k) => ({ ...row, [name]: other[k]?.[name] })));
    moved.push(sumOf(before.map((one, k) => distance(one, after[k] ?? {}))));
  }
  const total = sumOf(moved);
  if (!(total > 0)) return [];
  return features
    .map(({ name }, k): WeighedFeature => ({ name, importance: (moved[k] ?? 0) / total }))
    .toSorted((a, b) => (b.importance ?? 0) - (a.importance ?? 0));
}

/** A value as the training part had them. */
function drawn(feature: Feature, reference: FeatureReference, random: () => number): unknown {
  const counts = reference.kind === 'numeric' ? reference.counts : reference.top.map(([, count]) => count);
  const total = sumOf(counts);
  const isMissing = feature.nullable && random() * (total + reference.nulls) < reference.nulls;
  if (isMissing || total === 0) return null;
  let rest = random() * total;
  const place = Math.max(
    0,
    counts.findIndex((count) => {
      rest -= count;
      return rest < 0;
    }),
  );
  if (reference.kind === 'categorical') {
    const text = reference.top[place]?.[0] ?? '';
    return feature.type === 'boolean' ? text === 'true' : text;
  }
  const { edges } = reference;
  const low = edges[Math.max(0, place - 1)] ?? 0;
  const high = edges[Math.min(edges.length - 1, place)] ?? low;
  const value = low + (high - low) * random();
  return feature.type === 'boolean' ? value > 0.5 : value;
}

/** How far two answers are apart: of probabilities the total variation, of numbers the difference, of labels whether they differ. */
function distance(one: Prediction, other: Prediction): number {
  const [p, q] = [one.probabilities, other.probabilities].map((value) =>
    typeof value === 'object' && value !== null ? Object.values(value).map(Number) : undefined,
  );
  if (p && q) return sumOf(p.map((value, k) => Math.abs(value - (q[k] ?? 0)))) / 2;
  if (typeof one.value === 'number' && typeof other.value === 'number')
    return Math.abs(one.value - other.value);
  return one.label === other.label ? 0 : 1;
}
