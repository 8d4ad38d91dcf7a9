import { readFileSync } from 'node:fs';
import { isRecord } from '../record.ts';
import { configError } from './config-error.ts';
import { below, type SchemaPlace } from './schema-walk.ts';

const camelCase = (words: string): string =>
  words.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/**
 * The settings that the environment overrides, as texts: `TRESTLE_SERVING__MAX_ROWS=500` sets `serving.maxRows`, and
 * `TRESTLE_STORE__KEY_FILE=/run/secret` sets `store.key` to that file's content. A double underscore separates levels.
 *
 * @throws TRS_CONFIG_SECRET_FILE when a `_FILE` cannot be read
 */
export function envOverrides(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const overrides: Record<string, unknown> = {};
  for (const [variable, text] of Object.entries(env)) {
    if (!/^TRESTLE_[^_].*__/.test(variable) || text === undefined) continue;
    const isFile = variable.endsWith('_FILE');
    const bare = variable.slice('TRESTLE_'.length, isFile ? -'_FILE'.length : undefined);
    const path = bare.split('__').map(camelCase);
    setPath(overrides, path, isFile ? readSecret(variable, text) : text);
  }
  return overrides;
}

function readSecret(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (cause) {
    throw configError('SECRET_FILE', {
      kind: 'invalid',
      message: `${variable} names a file that cannot be read.`,
      hint: 'Check that the file exists and that this user may read it.',
      cause,
    });
  }
}

function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (head === '__proto__' || head === '') return;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const inner = target[head];
  const next: Record<string, unknown> = isRecord(inner) ? inner : {};
  target[head] = next;
  setPath(next, rest, value);
}

/**
 * Reads the texts of the environment as their schema wants them: a text stays one where a text is asked for (a password
 * may consist of digits), anything else is JSON where it parses as JSON.
 */
export function readTexts(place: SchemaPlace, value: unknown): unknown {
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, readTexts(below(place, key), item)]),
    );
  }
  // A type may be a list of types.
  const types = place.parts.flatMap(({ type }) => (type === undefined ? [] : [type].flat()));
  const wantsText = types.includes('string') && types.every((type) => type === 'string' || type === 'null');
  if (typeof value !== 'string' || wantsText) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Lays overrides over values: objects are merged, everything else is replaced. */
export function overlay(values: unknown, overrides: unknown): unknown {
  if (!isRecord(values) || !isRecord(overrides)) return overrides === undefined ? values : overrides;
  const merged = new Map(Object.entries(values));
  for (const [key, value] of Object.entries(overrides)) merged.set(key, overlay(merged.get(key), value));
  return Object.fromEntries(merged);
}
