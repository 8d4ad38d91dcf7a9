import { createHash } from 'node:crypto';
import type { Scope } from '@trestle/kernel';
import { canonicalJson, metadataToken } from '@trestle/store';
import { z } from 'zod';
import { resultSchema, type Suite, type SuiteReport } from '../config/suite.ts';
import type { DataTables } from '../data-tables.ts';

/** What is kept of a check. Not the failing rows: they are in the version, and only there. */
export const keptCheckSchema = z.object({
  /** SHA-256 of the suite. */
  suite: z.string(),
  checkedAt: z.string(),
  passed: z.boolean(),
  results: z.array(resultSchema.omit({ examples: true })),
});
export type KeptCheck = z.infer<typeof keptCheckSchema>;

interface VersionName {
  readonly dataset: string;
  readonly version: number;
}

/** Keeps the newest result of each suite for a version. */
export async function keepCheck(
  scope: Scope,
  { dataset, version }: VersionName,
  suite: Suite,
  report: SuiteReport,
): Promise<void> {
  const metadata = await scope.service(metadataToken);
  const results = report.results.map(({ examples: _examples, ...result }) => result);
  const row = {
    passed: report.passed ? 1 : 0,
    results: JSON.stringify(results),
    checked_at: new Date().toISOString(),
  };
  const key = { dataset, version, suite: createHash('sha256').update(canonicalJson(suite)).digest('hex') };
  await metadata.write<DataTables, void>(async (db) => {
    await db
      .insertInto('dataset_checks')
      .values({ ...key, ...row })
      .onConflict((conflict) => conflict.columns(['dataset', 'version', 'suite']).doUpdateSet(row))
      .execute();
  });
}

/** What was found of a version, the newest first. */
export async function checksOf(scope: Scope, { dataset, version }: VersionName): Promise<KeptCheck[]> {
  const rows = await (await scope.service(metadataToken))
    .query<DataTables>()
    .selectFrom('dataset_checks')
    .selectAll()
    .where('dataset', '=', dataset)
    .where('version', '=', version)
    .orderBy('checked_at', 'desc')
    .execute();
  return rows.map((row) =>
    keptCheckSchema.parse({
      suite: row.suite,
      checkedAt: row.checked_at,
      passed: row.passed === 1,
      results: JSON.parse(row.results),
    }),
  );
}
