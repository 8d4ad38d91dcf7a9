import type { Column, DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { dataError } from '../data-error.ts';
import { openEngine } from '../engine/engine.ts';
import { checkFunctions } from '../expectation/check-functions.ts';
import { checkSuite } from '../expectation/check-suite.ts';
import { comparedVersions } from '../expectation/compared-versions.ts';
import { loadSuite } from '../expectation/load-suite.ts';
import { openSource } from '../source/open-source.ts';
import type { SourceOptions } from '../source/source-options.ts';
import { typeOverrides } from '../source/type-overrides.ts';
import { commitVersion } from './commit-version.ts';
import { type Manifest, schemaOf } from './manifest.ts';
import { parquetRelation } from './version-relation.ts';
import { readManifest, resolveVersion } from './versions.ts';
import { storePart, type WrittenPart } from './write-part.ts';
import { writeParts } from './write-parts.ts';

export interface AddInput extends SourceOptions {
  readonly name: string;
  readonly append: boolean;
  readonly suite?: string | undefined;
}

/**
 * Adds a version: each file of the source becomes a Parquet part in a workspace, is checked there, and only then do the parts
 * become blobs and a version. Whatever fails before leaves nothing.
 */
export async function addVersion(
  ctx: Context,
  input: AddInput,
): Promise<DatasetVersion & { unchanged: boolean }> {
  const workspace = await (await ctx.service(blobsToken)).workspace();
  try {
    const types = typeOverrides(input.type);
    ctx.progress({ step: 'reading the source', fraction: 0.05 });
    const { shown, files } = await openSource(ctx, input, workspace.dir);
    const suite = input.suite === undefined ? undefined : await loadSuite(ctx, input.name, input.suite);
    const others = suite && (await comparedVersions(ctx, suite));
    const base = input.append ? await existing(ctx, input.name) : undefined;
    const engine = await openEngine(ctx, {
      files: [...files.map((file) => file.path), ...(others?.files ?? [])],
      dirs: [workspace.dir],
      signal: ctx.signal,
    });
    try {
      const { delimiter, dateFormat } = input;
      const quote = input.quote === 'none' ? '' : input.quote;
      const reading = { delimiter, quote, dateFormat, types };
      const { columns, parts } = await writeParts(ctx, engine, {
        files,
        reading,
        base: base?.columns,
        dir: workspace.dir,
      });
      refuseEmpty(parts, shown);
      if (suite) {
        ctx.progress({ step: 'checking expectations', fraction: 0.6 });
        const files = parts.map((part) => part.path);
        const found = await checkFunctions(ctx, suite, { files, columns }, workspace.dir);
        const compared = others?.compared ?? new Map();
        refuseFailures(
          await checkSuite(engine, parquetRelation(files), suite, { compared, found }),
          `"${shown}"`,
        );
      }
      ctx.progress({ step: 'storing', fraction: 0.8 });
      const scanned = await Promise.all(files.map((file) => file.scanned));
      const stored: Manifest['parts'] = [];
      for (const part of parts) stored.push(await storePart(ctx, part, `"${shown}"`));
      return await commitVersion(ctx, ctx, {
        dataset: input.name,
        manifest: {
          format: 1,
          columns: schemaOf(columns),
          parts: [...(base?.manifest.parts ?? []), ...stored],
        },
        columns: addNulls(sumNulls(parts), base?.columns),
        source: shown,
        madeFrom: [
          ...scanned.map(({ digest }) => ({ ref: `file:${digest}`, kind: 'added' })),
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

function refuseEmpty(parts: readonly WrittenPart[], shown: string): void {
  if (parts.length > 0) return;
  throw dataError('EMPTY', {
    kind: 'invalid',
    message: `"${shown}" has no rows.`,
    hint: 'A dataset needs at least one row.',
  });
}

export const addNulls = (columns: readonly Column[], base: readonly Column[] | undefined): Column[] =>
  columns.map((column) => ({
    ...column,
    nulls: column.nulls + (base?.find((one) => one.name === column.name)?.nulls ?? 0),
  }));

const sumNulls = ([first, ...rest]: readonly WrittenPart[]): readonly Column[] =>
  rest.reduce((sum, part) => addNulls(sum, part.columns), first?.columns ?? []);

/** @param shown as it stands in a sentence: `"a.csv"`, `Step "a" of "b"` @throws TRS_DATA_EXPECTATIONS_FAILED naming some of the rows */
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
    message: `${shown} was refused: ${failed.map((result) => `${result.expectation} (${result.failures} rows)`).join('; ')}.`,
    hint: ['Nothing was added. Rows that fail:', ...shownRows].join('\n    '),
    details: { results: failed },
  });
}
