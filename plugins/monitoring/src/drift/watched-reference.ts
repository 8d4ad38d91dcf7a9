import { type ColumnSketch, datasetsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';

import { pointsOf } from '@trestle/statistics';
import { metadataToken } from '@trestle/store';
import { rowsOf } from '../log/read-window.ts';
import { modelFactsToken } from '../model-facts.ts';
import { monitorError } from '../monitor-error.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import { isElsewhere, type Watched } from '../watched.ts';
import { datasetReference } from './dataset-reference.ts';
import { type DriftReference, datasetReferencesToken } from './reference.ts';

/** What live rows are compared with, and what that is called: counts against one are not those against another. */
export interface NamedReference {
  /** `training`, `strikes@3`, or the window. */
  readonly name: string;
  readonly reference: DriftReference;
}

/** The name of the training part. */
export const TRAINING = 'training';

/** Rows of a window of production that a reference is made of at most. */
const MOST_ROWS = 50_000;

/**
 * The reference of what is watched: the dataset version that the configuration names, the window of production that a monitor declares,
 * or the training part. Undefined where there is none.
 */
export async function watchedReference(scope: Scope, watched: Watched): Promise<NamedReference | undefined> {
  const config = scope.config(monitoringConfig);
  const { drift } = rulesOf(config, watched.deployment);
  const declared = isElsewhere(watched) ? config.monitors[watched.deployment] : undefined;
  const facts = await (await scope.service(modelFactsToken)).of(watched.model);
  const isWatched = (name: string): boolean =>
    !drift.ignore.includes(name) && name !== declared?.target && (declared?.features?.includes(name) ?? true);
  const wanted = drift.against ?? declared?.reference;
  if (typeof wanted === 'object') return await windowReference(scope, watched, wanted, isWatched);
  if (wanted === undefined) {
    if (!facts.reference) return undefined;
    const features = facts.reference.features.filter(({ name }) => isWatched(name));
    return { name: TRAINING, reference: { ...facts.reference, features } };
  }
  const version = await (await scope.service(datasetsToken)).resolve(wanted);
  const name = `${version.dataset}@${version.version}`;
  const columns =
    facts.reference?.features.map((feature) => feature.name) ?? version.columns.map((column) => column.name);
  const features = new Set(columns.filter(isWatched));
  const found = await (await scope.service(datasetReferencesToken)).of(name, features);
  return { name, reference: { ...found, score: facts.reference?.score } };
}

async function windowReference(
  scope: Scope,
  watched: Watched,
  window: { readonly from: string; readonly to: string },
  isWatched: (name: string) => boolean,
): Promise<NamedReference> {
  const [from, to] = [window.from, window.to].map((time) => new Date(time).toISOString());
  const requests = await (await scope.service(metadataToken))
    .query<MonitoringTables>()
    .selectFrom('monitoring_predictions')
    .select(['id', 'time', 'inputs', 'outputs'])
    .where('deployment', '=', watched.deployment)
    .where('time', '>=', from ?? '')
    .where('time', '<', to ?? '')
    .orderBy('time')
    .orderBy('id')
    .limit(MOST_ROWS)
    .execute();
  const rows = requests.flatMap(rowsOf).map(({ input }) => input);
  if (rows.length === 0) {
    throw monitorError('REFERENCE_EMPTY', {
      kind: 'invalid',
      message: `The reference of ${watched.deployment} is the time from ${from} to ${to}, in which nothing was predicted.`,
      hint: 'Log predictions of that time first, or name another one or a dataset version in the configuration.',
    });
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(isWatched);
  const columns = names.map((name) =>
    sketchOf(
      name,
      rows.map((row) => row[name]),
    ),
  );
  const reference = datasetReference({ rows: rows.length, columns, pairs: [] }, new Set(names));
  return { name: `${from}/${to}`, reference };
}

/** As the data plugin would make it of these values. */
function sketchOf(name: string, values: readonly unknown[]): ColumnSketch {
  const there = values.filter((value) => value !== null && value !== undefined && value !== '');
  const counts = new Map<string | number, number>();
  const isNumeric = there.every((value) => typeof value === 'number');
  for (const value of there) {
    const key = typeof value === 'number' && isNumeric ? value : String(value);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].toSorted((a, b) => b[1] - a[1]);
  return {
    name,
    type: isNumeric ? 'number' : 'string',
    count: there.length,
    nulls: values.length - there.length,
    distinct: counts.size,
    min: null,
    max: null,
    moments: null,
    values: isNumeric ? [] : sorted.map(([value, count]) => [String(value), count, 0]),
    untold: 0,
    points: isNumeric ? pointsOf(sorted.map(([value, count]) => [Number(value), count])) : null,
    registers: null,
    lengths: null,
    forms: null,
  };
}
