import { datasetsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { modelFactsToken } from '../model-facts.ts';
import { monitorError } from '../monitor-error.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import { isElsewhere, type Watched } from '../watched.ts';

/** Features by their names, and whether they are texts, whatever their values look like. */
export type WatchedFeatures = ReadonlyMap<string, { readonly isText: boolean }>;

/** The features that predictions of a model should come with; undefined where nothing says which they are. */
export async function watchedFeatures(scope: Scope, watched: Watched): Promise<WatchedFeatures | undefined> {
  const config = scope.config(monitoringConfig);
  const declared = isElsewhere(watched) ? config.monitors[watched.deployment] : undefined;
  const facts = await (await scope.service(modelFactsToken)).of(watched.model);
  const wanted = rulesOf(config, watched.deployment).drift.against ?? declared?.reference;
  const known: [string, { isText: boolean }][] = facts.reference
    ? facts.reference.features.map(({ name, kind }) => [name, { isText: kind === 'categorical' }])
    : typeof wanted === 'string'
      ? (await (await scope.service(datasetsToken)).resolve(wanted)).columns.map(({ name, type }) => [
          name,
          { isText: type === 'string' },
        ])
      : [];
  const types = new Map(known);
  const names = declared?.features ?? [...types.keys()].filter((name) => name !== declared?.target);
  if (names.length === 0) return undefined;
  return new Map(names.map((name) => [name, types.get(name) ?? { isText: false }]));
}

/** Refuses what would be kept and never looked at. @throws TRS_MONITOR_LOG_FEATURES where none of the names is watched */
export function refuseUnwatched(
  names: readonly string[],
  watched: WatchedFeatures | undefined,
  where: string,
): void {
  if (!watched || names.some((name) => watched.has(name))) return;
  const list = (all: Iterable<string>): string => [...all].slice(0, 20).join(', ') || 'none';
  throw monitorError('LOG_FEATURES', {
    kind: 'invalid',
    message: `The predictions cannot be kept: ${where}: none of its features is watched; it has ${list(names)}.`,
    hint: `Watched are ${list(watched.keys())}. Name the features as the model's data does; nothing of this request was kept.`,
    details: { where },
  });
}
