import type { Context } from '@trestle/kernel';
import { describeRelation, type Engine } from '@trestle/tables';
import { checkFunctions } from '../expectation/check-functions.ts';
import { checkSuite } from '../expectation/check-suite.ts';
import { comparedVersions } from '../expectation/compared-versions.ts';
import { failingRows } from '../expectation/fails-when.ts';
import { keepCheck } from '../expectation/kept-checks.ts';
import { loadSuite } from '../expectation/load-suite.ts';
import { commitVersion } from '../version/commit-version.ts';
import { schemaOf } from '../version/manifest.ts';
import { partFiles, withVersion } from '../version/version-relation.ts';
import { readManifest, resolveVersion } from '../version/versions.ts';
import { storePart, writePart } from '../version/write-part.ts';

/** Checks a version, and keeps the rows that fail if asked to. */
export async function validate(
  ctx: Context,
  input: {
    readonly name: string;
    readonly suite?: string | undefined;
    readonly quarantine?: string | undefined;
  },
) {
  const version = await resolveVersion(ctx, input.name);
  const suite = await loadSuite(ctx, version.dataset, input.suite);
  const manifest = await readManifest(ctx, version.digest);
  const { compared, files } = await comparedVersions(ctx, suite);
  const checked = async (engine: Engine, relation: string, dir: string) => {
    const rows = { files: await partFiles(ctx, manifest), columns: version.columns };
    const others = { compared, found: await checkFunctions(ctx, suite, rows, dir) };
    const report = {
      dataset: version.dataset,
      version: version.version,
      ...(await checkSuite(engine, relation, suite, others)),
    };
    await keepCheck(ctx, version, suite, report);
    if (input.quarantine === undefined || report.passed) return report;
    const columns = await describeRelation(engine, relation);
    const table = { engine, relation, rows: version.rows, columns, others };
    const failing = suite.expectations
      .filter((_, index) => (report.results[index]?.examples.length ?? 0) > 0)
      .map((one) => failingRows(table, one));
    if (failing.length === 0) return report;
    const part = await writePart(
      engine,
      `(SELECT * EXCLUDE "trestle row" FROM (${failing.join(' UNION ')}) ORDER BY "trestle row")`,
      version.columns,
      dir,
    );
    const stored = await storePart(ctx, part, 'The quarantine');
    const kept = await commitVersion(ctx, ctx, {
      dataset: input.quarantine,
      manifest: {
        format: 1,
        columns: schemaOf(version.columns),
        parts: [stored],
      },
      columns: part.columns,
      source: `rows of ${version.dataset}@${version.version} that failed their expectations`,
      madeFrom: [{ ref: `dataset:${version.dataset}@${version.version}`, kind: 'quarantined' }],
    });
    return { ...report, quarantined: { dataset: kept.dataset, version: kept.version, rows: kept.rows } };
  };
  return await withVersion(ctx, manifest, ctx.signal, checked, files);
}
