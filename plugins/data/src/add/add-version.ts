import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Column } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { blobsToken } from '@trestle/store';
import { type OpenedSource, openEngine, openSource, type Reading, readingOf } from '@trestle/tables';
import type { SourceOptions } from '@trestle/tables/source-options';
import { dataConfig } from '../config/data-config.ts';
import type { Suite } from '../config/suite.ts';
import { dataError } from '../data-error.ts';
import { checkFunctions } from '../expectation/check-functions.ts';
import { checkSuite } from '../expectation/check-suite.ts';
import { comparedVersions } from '../expectation/compared-versions.ts';
import { loadSuite } from '../expectation/load-suite.ts';
import { readContext } from '../source/read-context.ts';
import { addNulls } from '../version/add-nulls.ts';
import { appendParts, type Base, readVersion } from '../version/append-parts.ts';
import { type Committed, commitVersion } from '../version/commit-version.ts';
import { type Manifest, schemaOf } from '../version/manifest.ts';
import { parquetRelation } from '../version/version-relation.ts';
import { widened } from '../version/wider-decimals.ts';
import { storePart, type WrittenPart } from '../version/write-part.ts';
import { writeParts } from '../version/write-parts.ts';

export interface AddInput extends SourceOptions {
  readonly name: string;
  readonly append: boolean;
  readonly suite?: string | undefined;
}

/** What was added, and what is to be known of it. */
type Added = Committed & { readonly notes: string[] };

/**
 * Adds a version: each file of the source becomes a Parquet part in a workspace, is checked there, and only then do the parts
 * become blobs and a version. Whatever fails before leaves nothing.
 */
export async function addVersion(ctx: Context, input: AddInput): Promise<Added> {
  const workspace = await (await ctx.service(blobsToken)).workspace();
  try {
    const reading = readingOf(input);
    ctx.progress({ step: 'reading the source', fraction: 0.05 });
    const opened = await openSource(readContext(ctx), input, workspace.dir);
    const suite = input.suite === undefined ? undefined : await loadSuite(ctx, input.name, input.suite);
    const others = suite && (await comparedVersions(ctx, suite));
    for (;;) {
      const base = input.append ? await readVersion(ctx, input.name) : undefined;
      const dir = await mkdtemp(join(workspace.dir, 'parts-'));
      const added = await addFiles(ctx, input, { ...opened, reading, base, dir, suite, others });
      // Else others appended meanwhile, and the columns changed with it: the source is read for those.
      if (added) return added;
    }
  } finally {
    await workspace.remove();
  }
}

interface ToAdd extends OpenedSource {
  readonly reading: Reading;
  readonly base: Base | undefined;
  readonly dir: string;
  readonly suite: Suite | undefined;
  readonly others: Awaited<ReturnType<typeof comparedVersions>> | undefined;
}

/** @returns undefined when what is appended to has other columns by now */
async function addFiles(
  ctx: Context,
  input: AddInput,
  { shown, files, revision, reading, base, dir, suite, others }: ToAdd,
): Promise<Added | undefined> {
  const engine = await openEngine(ctx.config(dataConfig), {
    files: [...files.map((file) => file.path), ...(others?.files ?? [])],
    dirs: [dir],
    signal: ctx.signal,
  });
  try {
    const written = await writeParts(ctx, engine, { files, reading, base: base?.columns, dir });
    const { columns, parts } = written;
    const notes = [...new Set(written.notes)];
    refuseEmpty(parts, shown);
    if (suite) {
      ctx.progress({ step: 'checking expectations', fraction: 0.6 });
      const files = parts.map((part) => part.path);
      const found = await checkFunctions(ctx, suite, { files, columns }, dir);
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
    const made = {
      dataset: input.name,
      columns: sumNulls(parts),
      source: shown,
      notes,
      madeFrom: [
        ...scanned.map(({ digest }) => ({ ref: `file:${digest}`, kind: 'added' })),
        ...(revision === undefined ? [] : [{ ref: `source:${shown}@${revision}`, kind: 'added' }]),
      ],
    };
    if (base) {
      const behind = await widened(ctx, base, written, ctx.signal);
      const appended = await appendParts(ctx, ctx, behind, { ...made, parts: stored });
      return appended && { ...appended, notes };
    }
    const manifest: Manifest = { format: 1, columns: schemaOf(columns), parts: stored };
    return { ...(await commitVersion(ctx, ctx, { ...made, manifest })), notes };
  } finally {
    engine.close();
  }
}

function refuseEmpty(parts: readonly WrittenPart[], shown: string): void {
  if (parts.length > 0) return;
  throw dataError('EMPTY', {
    kind: 'invalid',
    message: `"${shown}" has no rows.`,
    hint: 'A dataset needs at least one row.',
  });
}

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
    message: `${shown} was refused: ${failed.map((result) => `${result.expectation} (${result.failures} ${result.failures === 1 ? 'row' : 'rows'}${result.reason === undefined ? '' : `; ${result.reason.replace(/\.$/, '')}`})`).join('; ')}.`,
    hint: ['Nothing was added. Rows that fail:', ...shownRows].join('\n    '),
    details: { results: failed },
  });
}
