import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { placeInJson } from '../error/json-place.ts';
import { isTrestleError } from '../error/trestle-error.ts';
import { configError } from './config-error.ts';
import { configFileIn } from './find-project.ts';

/** A configuration file's content, not yet validated. */
export interface RawConfig {
  /** The file it came from; undefined without one. */
  readonly file: string | undefined;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Reads the configuration of a project folder: an object with one key per section, and `plugins`.
 *
 * @throws TRS_CONFIG_UNREADABLE when the file does not parse or throws, TRS_CONFIG_NOT_AN_OBJECT
 */
export async function loadConfig(projectDir: string): Promise<RawConfig> {
  const file = configFileIn(projectDir);
  if (!file) return { file: undefined, values: {} };
  const values = await importConfig(file).catch((cause: unknown) => {
    if (isTrestleError(cause)) throw cause;
    throw configError('UNREADABLE', {
      kind: 'invalid',
      message: `${basename(file)} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: `Correct ${file}; it must export one object as its default.`,
      cause,
    });
  });
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw configError('NOT_AN_OBJECT', {
      kind: 'invalid',
      message: `${basename(file)} exports ${described(values)} as its default, not an object.`,
      hint: 'Write `export default { plugins: [], … }`.',
    });
  }
  return { file, values: Object.fromEntries(Object.entries(values)) };
}

const described = (value: unknown): string =>
  value === undefined
    ? 'nothing'
    : Array.isArray(value)
      ? 'a list'
      : value === null
        ? 'null'
        : `a ${typeof value}`;

async function importConfig(file: string): Promise<unknown> {
  if (file.endsWith('.json')) return parseJson(file, await readFile(file, 'utf8'));
  if (file.endsWith('.js')) return (await import(pathToFileURL(file).href)).default;
  // jiti is loaded only when a TypeScript configuration asks for it: it takes time to load.
  const { importModule } = await import('./import-module.ts');
  return await importModule(file, file);
}

function parseJson(file: string, text: string): unknown {
  try {
    // Some editors begin a file with a byte order mark.
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw configError('UNREADABLE', {
      kind: 'invalid',
      message: `${basename(file)} is not valid JSON (${placeInJson(cause, text)}).`,
      hint: `Correct ${file}: texts and names stand in double quotes, no comma follows a last entry.`,
    });
  }
}
