import type { Scope } from '@trestle/kernel';
import { lineageToken } from '@trestle/store';
import { listVersions } from '../version/versions.ts';

export interface Reach {
  /** The dataset and those made of it that hold the column. */
  readonly datasets: readonly string[];
  /** What was made of the rows and cannot be erased from: datasets without the column, runs. */
  readonly beyond: readonly string[];
}

/** Follows the lineage of every version of a dataset to what was made of it. */
export async function reachOf(scope: Scope, dataset: string, column: string): Promise<Reach> {
  const lineage = await scope.service(lineageToken);
  const versions = await listVersions(scope);
  const holds = new Set(
    versions
      .filter((version) => version.columns.some((one) => one.name === column))
      .map((version) => version.dataset),
  );
  const waiting = versions
    .filter((version) => version.dataset === dataset)
    .map((version) => `dataset:${version.dataset}@${version.version}`);
  const seen = new Set(waiting);
  const datasets = new Set([dataset]);
  const beyond = new Set<string>();
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    for (const { to, kind } of await lineage.outOf(ref)) {
      // What rows were only compared with did not go into them.
      if (seen.has(to) || kind === 'compared') continue;
      seen.add(to);
      const made = /^dataset:(.+)@\d+$/.exec(to)?.[1];
      if (made === undefined || !holds.has(made)) beyond.add(to);
      else datasets.add(made);
      if (made !== undefined) waiting.push(to);
    }
  }
  return { datasets: [...datasets], beyond: [...beyond].toSorted() };
}
