import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '@trestle/kernel';
import { dataError } from '../data-error.ts';
import { type Suite, suiteSchema } from './suite.ts';

/** The suite in a file, or the project's own for the dataset: `expectations/NAME.json`. */
export async function loadSuite(ctx: Context, dataset: string, file?: string): Promise<Suite> {
  const usual = join(ctx.project.dir, 'expectations', `${dataset}.json`);
  if (file === undefined && !existsSync(usual)) {
    throw dataError('NO_SUITE', {
      kind: 'invalid',
      message: `There are no expectations for "${dataset}".`,
      hint: `"trestle data expect ${dataset} --out ${join('expectations', `${dataset}.json`)}" proposes some. Or write that file yourself, for example {"expectations": [{"type": "column.notNull", "column": "id"}]}, or name a file with --suite.`,
    });
  }
  const path = file === undefined ? usual : await ctx.files.read(file);
  const shown = file ?? join('expectations', `${dataset}.json`);
  const result = suiteSchema.safeParse(parse(await readFile(path, 'utf8'), shown));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw dataError('SUITE_INVALID', {
    kind: 'invalid',
    message: `${shown}: ${issue?.path.join('.')}: ${issue?.message}.`,
    hint: `"trestle data expect ${dataset} --out FILE" writes a suite to start from.`,
  });
}

function parse(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw dataError('SUITE_INVALID', {
      kind: 'invalid',
      message: `${shown} is no JSON: ${cause instanceof Error ? cause.message : cause}.`,
      hint: 'Correct the file.',
      cause,
    });
  }
}
