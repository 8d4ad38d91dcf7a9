import type { DatasetVersion } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import type { Manifest } from '../version/manifest.ts';
import { readManifest } from '../version/versions.ts';

/**
 * Rows that a step reads: those of a version, or of a step that has made them and is still making a version of them. What
 * they are is known already, so that work on them need not wait for the disk; the number of the version is not.
 */
export interface StepRows {
  readonly dataset: string;
  /** SHA-256 of the manifest. */
  readonly digest: string;
  readonly columns: DatasetVersion['columns'];
  manifest(): Promise<Manifest>;
  /** Waits for the version. @throws what kept it from being one */
  version(): Promise<DatasetVersion>;
}

export const rowsOf = (scope: Scope, version: DatasetVersion): StepRows => ({
  ...version,
  manifest: () => readManifest(scope, version.digest),
  version: async () => version,
});

/** The versions of what is read, by the same names, when all are there. */
export async function versionsOf(
  reads: ReadonlyMap<string, StepRows>,
): Promise<ReadonlyMap<string, DatasetVersion>> {
  const versions = [...reads].map(async ([name, rows]) => [name, await rows.version()] as const);
  return new Map(await Promise.all(versions));
}
