import type { Datasets, DatasetVersion, TrainingSpec } from '@trestle/contracts';
import { type Actor, isTrestleError } from '@trestle/kernel';
import type { Label, LabelledRow } from '../log/read-labelled.ts';

export interface LabelledDataset {
  /** The version to train on. */
  readonly dataset: string;
  /** The share that training holds out. */
  readonly trainingTest: number;
  /** Where champion and challenger are compared, and which share of it. */
  readonly comparison: { readonly dataset: string; readonly test: number };
}

/**
 * Puts labelled live rows behind the champion's training data as a new version, so that the newest of them are left for
 * a comparison that neither champion nor challenger has seen.
 *
 * With a time column one version does: training holds out the latest rows, and exactly the newest labelled ones are made
 * to be those. Without one, training holds out a random part, most of which the champion was trained on; so the newest
 * rows become a dataset of their own (`NAME-recent`) that is only compared on.
 *
 * Made again with the same `source`, it finds the versions that are there.
 *
 * @param rows oldest first
 */
export async function addLabelledRows(
  datasets: Datasets,
  actor: Actor,
  options: {
    readonly spec: TrainingSpec;
    readonly base: DatasetVersion;
    readonly rows: readonly LabelledRow[];
    readonly holdout: number;
    readonly source: string;
    readonly madeFrom: readonly string[];
  },
): Promise<LabelledDataset> {
  const { spec, base, rows, source, madeFrom } = options;
  const heldOut = Math.max(1, Math.round(rows.length * options.holdout));
  const add = (name: string, part: readonly LabelledRow[], appendTo?: string): Promise<DatasetVersion> =>
    addOnce(datasets, actor, {
      name,
      source,
      madeFrom,
      ...(appendTo === undefined ? {} : { appendTo }),
      rows: tableRows(part, base, spec),
    });
  const appendTo = `${base.dataset}@${base.version}`;
  if (spec.timeColumn !== undefined) {
    const version = await add(base.dataset, rows, appendTo);
    const reference = `${version.dataset}@${version.version}`;
    const test = heldOut / version.rows;
    return { dataset: reference, trainingTest: test, comparison: { dataset: reference, test } };
  }
  const version = await add(base.dataset, rows.slice(0, -heldOut), appendTo);
  const recent = await add(recentName(base.dataset), rows.slice(-heldOut));
  return {
    dataset: `${version.dataset}@${version.version}`,
    trainingTest: spec.test,
    // A share below 1 is asked for; all rows but one come as close as it gets.
    comparison: {
      dataset: `${recent.dataset}@${recent.version}`,
      test: Math.max(0.5, (recent.rows - 1) / recent.rows),
    },
  };
}

const recentName = (name: string): string => `${name.slice(0, 93)}-recent`;

async function addOnce(
  datasets: Datasets,
  actor: Actor,
  options: Parameters<Datasets['addRows']>[1],
): Promise<DatasetVersion> {
  const latest = await datasets.resolve(options.name).catch((error: unknown) => {
    if (isTrestleError(error) && error.kind === 'not-found') return undefined;
    throw error;
  });
  return latest?.source === options.source ? latest : await datasets.addRows(actor, options);
}

/** Live rows in the shape of the dataset: only its columns, the label as the target, and a time where there is none. */
export async function* tableRows(
  rows: readonly LabelledRow[],
  base: DatasetVersion,
  spec: TrainingSpec,
): AsyncIterable<Readonly<Record<string, unknown>>> {
  const typeOf = new Map(base.columns.map((column) => [column.name, column.type]));
  for (const row of rows) {
    const known = Object.entries(row.input).filter(([name]) => typeOf.has(name));
    const record: Record<string, unknown> = Object.fromEntries(known);
    record[spec.target] = labelAs(typeOf.get(spec.target), row.label);
    const { timeColumn } = spec;
    if (timeColumn !== undefined && (record[timeColumn] ?? null) === null) {
      record[timeColumn] = typeOf.get(timeColumn) === 'timestamp' ? row.time : null;
    }
    yield record;
  }
}

function labelAs(type: string | undefined, label: Label): Label {
  if (type === 'number' || type === 'integer') return Number(label);
  if (type === 'boolean') return label === true || label === 'true' || label === 1;
  return String(label);
}
