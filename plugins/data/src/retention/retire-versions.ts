import { datasetRetired } from '@trestle/contracts';
import { type Actor, jobStoreToken, type Scope } from '@trestle/kernel';
import { lineageToken, metadataToken } from '@trestle/store';
import type { DataTables } from '../data-tables.ts';
import { listVersions } from '../version/versions.ts';

/** Jobs looked at: more can hardly run at once. */
const MAX_JOBS = 10_000;

export interface OldVersion {
  readonly dataset: string;
  readonly version: number;
  readonly digest: string;
}

/**
 * Versions behind the newest `keep` of their dataset to which nothing refers: no tag, no run, model or deployment, no
 * version that was made of them, and no job that waits or runs.
 */
export async function findOld(scope: Scope, keep: number): Promise<readonly OldVersion[]> {
  const db = (await scope.service(metadataToken)).query<DataTables>();
  const lineage = await scope.service(lineageToken);
  const tags = new Set(
    (await db.selectFrom('dataset_tags').select(['dataset', 'version']).execute()).map(refOf),
  );
  const busy = await namesInJobs(scope);
  const seen = new Map<string, number>();
  const old: OldVersion[] = [];
  // The newest of each dataset comes first.
  const versions = await listVersions(scope);
  const there = new Set(versions.map((version) => `dataset:${refOf(version)}`));
  for (const version of versions) {
    const newer = seen.get(version.dataset) ?? 0;
    seen.set(version.dataset, newer + 1);
    if (newer < keep || tags.has(refOf(version)) || busy.has(version.dataset)) continue;
    // The next version of the same dataset holds all that it needs of the one that it was appended to.
    const users = (await lineage.outOf(`dataset:${refOf(version)}`)).filter(
      (edge) => edge.kind !== 'appended' && (!edge.to.startsWith('dataset:') || there.has(edge.to)),
    );
    if (users.length === 0) old.push(version);
  }
  return old;
}

const refOf = ({ dataset, version }: { readonly dataset: string; readonly version: number }): string =>
  `${dataset}@${version}`;

/** Every name that the input of a waiting or running job holds, as it stands or in front of an `@`. */
async function namesInJobs(scope: Scope): Promise<ReadonlySet<string>> {
  const jobs = await scope.service(jobStoreToken);
  const lists = await Promise.all(
    (['queued', 'running'] as const).map((state) => jobs.list({ state, limit: MAX_JOBS })),
  );
  const names = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value === 'string') names.add(value.split('@')[0] ?? value);
    else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) walk(item);
  };
  for (const job of lists.flat()) walk(job.input);
  return names;
}

/** Takes versions out of the list; their content stays until it is collected, and their numbers are not given again. */
export async function retire(scope: Scope, actor: Actor, keep: number): Promise<readonly OldVersion[]> {
  return await retireVersions(scope, actor, await findOld(scope, keep));
}

/** Takes these versions out of the list, but those that were tagged meanwhile. */
export async function retireVersions(
  scope: Scope,
  actor: Actor,
  versions: readonly OldVersion[],
): Promise<readonly OldVersion[]> {
  const metadata = await scope.service(metadataToken);
  return await metadata.change<DataTables, readonly OldVersion[]>(actor, async ({ db, record }) => {
    const retired: OldVersion[] = [];
    for (const version of versions) {
      const { dataset, version: number, digest } = version;
      const tag = await db
        .selectFrom('dataset_tags')
        .select('tag')
        .where('dataset', '=', dataset)
        .where('version', '=', number)
        .executeTakeFirst();
      if (tag) continue;
      await db
        .deleteFrom('dataset_versions')
        .where('dataset', '=', dataset)
        .where('version', '=', number)
        .execute();
      await db
        .insertInto('dataset_retired')
        .values({ dataset, version: number, retired_at: new Date().toISOString() })
        .execute();
      await record(datasetRetired, `dataset:${refOf(version)}`, { digest });
      retired.push(version);
    }
    return retired;
  });
}
