import { readFileSync } from 'node:fs';
import { configError } from './config-error.ts';

const camelCase = (words: string): string =>
  words.toLowerCase().replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** A value from the environment: JSON where it parses as JSON, else the text itself. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The settings that the environment overrides: `TRESTLE_SERVING__MAX_ROWS=500` sets `serving.maxRows`, and
 * `TRESTLE_STORE__KEY_FILE=/run/secret` sets `store.key` to that file's content. A double underscore separates levels.
 *
 * @throws TRS_CONFIG_SECRET_FILE when a `_FILE` cannot be read
 */
export function envOverrides(env: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const overrides: Record<string, unknown> = {};
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith('TRESTLE_') || !variable.includes('__') || text === undefined) continue;
    const isFile = variable.endsWith('_FILE');
    const bare = variable.slice('TRESTLE_'.length, isFile ? -'_FILE'.length : undefined);
    const path = bare.split('__').map(camelCase);
    setPath(overrides, path, isFile ? readSecret(variable, text) : parseValue(text));
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

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (head === '__proto__' || head === '') return;
  if (rest.length === 0) {
    target[head] = value;
    return;
  }
  const below = target[head];
  const next: Record<string, unknown> = isRecord(below) ? below : {};
  target[head] = next;
  setPath(next, rest, value);
}

/** Lays overrides over values: objects are merged, everything else is replaced. */
export function overlay(values: unknown, overrides: unknown): unknown {
  if (!isRecord(values) || !isRecord(overrides)) return overrides === undefined ? values : overrides;
  const merged: Record<string, unknown> = { ...values };
  for (const [key, value] of Object.entries(overrides)) merged[key] = overlay(values[key], value);
  return merged;
}
