import { dirname } from 'node:path';
import type { Column, DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { dataError } from '../data-error.ts';
import { columnTypeOf } from '../engine/column-types.ts';
import { openEngine } from '../engine/engine.ts';
import { checkSuite } from '../expectation/check-suite.ts';
import { loadSuite } from '../expectation/load-suite.ts';
import { openSource } from '../source/open-source.ts';
import { checkRejects, describeRelation, sourceRelation } from '../source/source-relation.ts';
import { commitVersion } from './commit-version.ts';
import type { Manifest } from './manifest.ts';
import { parquetRelation } from './version-relation.ts';
import { readManifest, resolveVersion } from './versions.ts';
import { storePart, writePart } from './write-part.ts';

export interface AddInput {
  readonly path: string;
  readonly name: string;
  readonly append: boolean;
  readonly suite?: string | undefined;
}

/**
 * Adds a version: the source becomes one Parquet part in a workspace, is checked there, and only then becomes a blob and a
 * version. Whatever fails before leaves nothing.
 */
export async function addVersion(
  ctx: Context,
  input: AddInput,
): Promise<DatasetVersion & { unchanged: boolean }> {
  const workspace = await (await ctx.service(blobsToken)).workspace();
  try {
    ctx.progress({ step: 'reading the source', fraction: 0.05 });
    const source = await openSource(ctx, input.path, workspace.dir);
    const base = input.append ? await existing(ctx, input.name) : undefined;
    const engine = await openEngine(ctx, {
      files: [source.path],
      dirs: [workspace.dir, dirname(source.path)],
      signal: ctx.signal,
    });
    try {
      const relation = await sourceRelation(engine, source.path, source.shown, source.format);
      const found = await describeRelation(engine, relation);
      const columns = base
        ? matchColumns(base.columns, found, source.shown)
        : found.map(({ name, duckType }) => ({ name, type: columnTypeOf(duckType) }));
      ctx.progress({ step: 'writing columns', fraction: 0.3 });
      const part = await writePart(engine, relation, columns, workspace.dir);
      if (source.format === 'csv' || source.format === 'tsv') await checkRejects(engine, source.shown);
      if (input.suite !== undefined) {
        ctx.progress({ step: 'checking expectations', fraction: 0.6 });
        const suite = await loadSuite(ctx, input.name, input.suite);
        refuseFailures(await checkSuite(engine, parquetRelation([part.path]), suite), source.shown);
      }
      ctx.progress({ step: 'storing', fraction: 0.8 });
      const stored = await storePart(ctx, part, source.shown);
      const manifest: Manifest = {
        format: 1,
        columns: columns.map(({ name, type }) => ({ name, type })),
        parts: [...(base?.manifest.parts ?? []), stored],
      };
      return await commitVersion(ctx, ctx, {
        dataset: input.name,
        manifest,
        columns: addNulls(part.columns, base?.columns),
        source: source.shown,
        madeFrom: [
          { ref: `file:${source.digest}`, kind: 'added' },
          ...(base ? [{ ref: `dataset:${base.dataset}@${base.version}`, kind: 'appended' }] : []),
        ],
      });
    } finally {
      engine.close();
    }
  } finally {
    await workspace.remove();
  }
}

async function existing(ctx: Context, name: string): Promise<DatasetVersion & { manifest: Manifest }> {
  const version = await resolveVersion(ctx, name);
  return { ...version, manifest: await readManifest(ctx, version.digest) };
}

/** What is appended must bring the same columns; their types are those of the version before. */
export function matchColumns(
  base: readonly Column[],
  found: readonly { readonly name: string }[],
  shown: string,
): readonly Column[] {
  const names = new Set(found.map((column) => column.name));
  const missing = base.filter((column) => !names.has(column.name)).map((column) => column.name);
  const known = new Set(base.map((column) => column.name));
  const added = found.filter((column) => !known.has(column.name)).map((column) => column.name);
  if (missing.length === 0 && added.length === 0) return base;
  throw dataError('COLUMNS_DIFFER', {
    kind: 'invalid',
    message: `"${shown}" does not have the columns of the dataset:${missing.length > 0 ? ` it lacks ${missing.join(', ')}` : ''}${added.length > 0 ? ` it adds ${added.join(', ')}` : ''}.`,
    hint: 'Append rows with the same columns, or add a new version without --append.',
    details: { missing, added },
  });
}

export const addNulls = (columns: readonly Column[], base: readonly Column[] | undefined): Column[] =>
  columns.map((column) => ({
    ...column,
    nulls: column.nulls + (base?.find((one) => one.name === column.name)?.nulls ?? 0),
  }));

/** @throws TRS_DATA_EXPECTATIONS_FAILED naming some of the rows */
export function refuseFailures(report: Awaited<ReturnType<typeof checkSuite>>, shown: string): void {
  if (report.passed) return;
  const failed = report.results.filter((result) => !result.passed && result.severity === 'error');
  const shownRows = failed.flatMap((result) =>
    result.examples
      .slice(0, 3)
      .map((example) => `${result.expectation}: row ${example.row}: ${JSON.stringify(example.values)}`),
  );
  throw dataError('EXPECTATIONS_FAILED', {
    kind: 'refused',
    message: `"${shown}" was refused: ${failed.map((result) => `${result.expectation} (${result.failures} rows)`).join('; ')}.`,
    hint: ['Nothing was added. Rows that fail:', ...shownRows].join('\n    '),
    details: { results: failed },
  });
}
