import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import {
  type Context,
  firstIssue,
  issueWords,
  isTrestleError,
  lostNumber,
  placeInJson,
} from '@trestle/kernel';
import { engineMessage, openEngine } from '@trestle/tables';
import { dataConfig } from '../config/data-config.ts';
import { type Suite, suiteSchema } from '../config/suite.ts';
import { dataError } from '../data-error.ts';
import { importDefault } from '../thread/import-default.ts';

const MODULE_ENDINGS = ['.ts', '.mts', '.js', '.mjs'];

const isModule = (file: string): boolean => MODULE_ENDINGS.includes(extname(file).toLowerCase());

/**
 * The suite in a file that the caller names, or the project's own for the dataset: `expectations/NAME.json`, or `NAME.ts`.
 *
 * @throws TRS_DATA_NO_SUITE, TRS_DATA_SUITE_INVALID, TRS_DATA_MODULE_REFUSED when a caller of the server names code
 */
export async function loadSuite(ctx: Context, dataset: string, file?: string): Promise<Suite> {
  if (file === undefined) return await configuredSuite(ctx, dataset, usualFile(ctx, dataset));
  const isRemote = ctx.surface === 'http';
  if (isRemote && isModule(file)) throw moduleRefused(file);
  const suite = await readSuite(ctx, await ctx.files.read(file), file, dataset);
  const named = suite.expectations.find((one) => one.type === 'row.function');
  if (isRemote && named) throw moduleRefused(named.module);
  return suite;
}

/** The suite in a file of the project, which its owner chose: it may hold code, whoever asks for the check. */
export async function configuredSuite(ctx: Context, dataset: string, file: string): Promise<Suite> {
  const path = resolve(ctx.project.dir, file);
  if (existsSync(path)) return await readSuite(ctx, path, file, dataset);
  throw invalid(`There is no file "${file}".`, `Expectations are a file relative to ${ctx.project.dir}.`);
}

function usualFile(ctx: Context, dataset: string): string {
  const files = ['.json', ...MODULE_ENDINGS].map((ending) => join('expectations', `${dataset}${ending}`));
  const [usual, other] = files.filter((file) => existsSync(join(ctx.project.dir, file)));
  if (usual === undefined) {
    throw dataError('NO_SUITE', {
      kind: 'invalid',
      message: `There are no expectations for "${dataset}".`,
      hint: `"trestle data expect ${dataset} --out ${files[0]}" proposes some. Or write that file yourself, for example {"expectations": [{"type": "column.notNull", "column": "id"}]}, or name a file with --suite.`,
    });
  }
  if (other === undefined) return usual;
  throw invalid(
    `"${dataset}" has two files of expectations: ${usual} and ${other}.`,
    'Keep one of them, or name one with --suite.',
  );
}

async function readSuite(ctx: Context, path: string, shown: string, dataset: string): Promise<Suite> {
  const value = isModule(path)
    ? await importDefault(path, shown, 'SUITE_INVALID')
    : parse(await readFile(path, 'utf8'), shown);
  const result = suiteSchema.safeParse(value, { error: issueWords });
  if (result.success) {
    await checkPatterns(ctx, result.data, shown);
    return result.data;
  }
  const { field, reason } = firstIssue(result.error);
  throw invalid(
    `${shown}: ${field || 'the suite'}: ${reason}.`,
    isModule(path)
      ? 'Write `export default suite([{ type: … }, …])`.'
      : `"trestle data expect ${dataset} --out FILE" writes a suite to start from.`,
  );
}

/** Regular expressions are the engine's (RE2), which takes no back references: it alone says whether one can be used. */
async function checkPatterns(ctx: Context, { expectations }: Suite, shown: string): Promise<void> {
  const matching = expectations.filter((one) => one.type === 'column.matches');
  if (matching.length === 0) return;
  const engine = await openEngine(ctx.config(dataConfig), {
    dirs: [ctx.project.stateDir],
    signal: ctx.signal,
  });
  try {
    for (const { column, pattern } of matching) {
      const tried = engine.rows("SELECT regexp_full_match('', $1)", [pattern]);
      await tried.catch((thrown: unknown) => {
        if (!isTrestleError(thrown) || thrown.code !== 'TRS_DATA_ENGINE') throw thrown;
        throw invalid(
          `${shown}: column.matches of "${column}": ${JSON.stringify(pattern)}: ${engineMessage(thrown.cause).what}.`,
          'Patterns are written as RE2 takes them: no look-around, no back references; a backslash is doubled in JSON.',
          thrown,
        );
      });
    }
  } finally {
    engine.close();
  }
}

function parse(text: string, shown: string): unknown {
  const lost = lostNumber(text);
  if (lost !== undefined)
    throw invalid(
      `${shown} holds the number ${lost}, which cannot be read without becoming another one.`,
      `Write it as a text: "${lost}".`,
    );
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(
      `${shown} is no JSON (${placeInJson(cause, text)}).`,
      'Correct the file: texts and names stand in double quotes, no comma follows a last entry.',
      cause,
    );
  }
}

const invalid = (message: string, hint: string, cause?: unknown) =>
  dataError('SUITE_INVALID', { kind: 'invalid', message, hint, cause });

const moduleRefused = (module: string) =>
  dataError('MODULE_REFUSED', {
    kind: 'denied',
    message: `A caller of the server may not name code to run on it: "${module}".`,
    hint: "Expectations that are functions stand in the project's own expectations/NAME.json or NAME.ts, or in its configuration.",
    details: { module },
  });
