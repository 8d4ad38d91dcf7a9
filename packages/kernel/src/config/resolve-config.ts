import { basename } from 'node:path';
import type { z } from 'zod';
import { issueWords } from '../error/issue-words.ts';
import { isRecord } from '../record.ts';
import { configError } from './config-error.ts';
import { envOverrides, overlay, readTexts } from './env-overrides.ts';
import type { RawConfig } from './load-config.ts';
import { didYouMean } from './nearest-name.ts';
import { schemaPlace } from './schema-walk.ts';
import type { ConfigSection } from './section.ts';
import { unknownField } from './unknown-field.ts';

export type ReadConfig = <T extends z.ZodType>(section: ConfigSection<T>) => z.output<T>;

/**
 * Validates every section once, with the environment's overrides laid over the file.
 *
 * @throws TRS_CONFIG_UNKNOWN_SECTION, TRS_CONFIG_UNKNOWN_FIELD, TRS_CONFIG_INVALID (naming file, field and reason; values are not
 * repeated, they may be secret)
 */
export function resolveConfig(
  raw: RawConfig,
  sections: readonly ConfigSection[],
  env: Readonly<Record<string, string | undefined>>,
  /** Whether sections may be there that are others'. */
  isPart = false,
): ReadConfig {
  const overrides = envOverrides(env);
  const known = ['plugins', ...sections.map((section) => section.name)];
  for (const key of [...Object.keys(raw.values), ...Object.keys(overrides)]) {
    if (isPart || known.includes(key)) continue;
    throw configError('UNKNOWN_SECTION', {
      kind: 'invalid',
      message: `${whereFrom(raw, overrides, [key])} has a section "${key}" that no plugin knows.${didYouMean(key, known)}`,
      hint: `Known sections: ${known.join(', ')}.`,
      details: { section: key },
    });
  }
  const parsed = new Map(
    sections.map((section) => [
      section.name,
      parseSection(section, raw.values[section.name], overrides[section.name], (path) =>
        whereFrom(raw, overrides, path),
      ),
    ]),
  );
  // The map holds what the section's own schema gave back, so the type follows from the section.
  return (section) =>
    (parsed.has(section.name) ? parsed.get(section.name) : section.schema.parse({})) as never;
}

/** Who said what stands at a path: the environment wins, so it is to blame for what it sets. */
function whereFrom(
  raw: RawConfig,
  overrides: Readonly<Record<string, unknown>>,
  path: readonly string[],
): string {
  let at: unknown = overrides;
  for (const key of path) {
    if (typeof at === 'string') break;
    at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at === undefined && raw.file !== undefined ? basename(raw.file) : 'the environment';
}

function parseSection(
  { name, schema }: ConfigSection,
  fromFile: unknown,
  fromEnv: unknown,
  whereOf: (path: readonly string[]) => string,
): unknown {
  if (fromFile === undefined && fromEnv === undefined) return parseValue(name, schema, {}, whereOf);
  const place = schemaPlace(schema, 'input');
  const value = overlay(fromFile, fromEnv === undefined ? undefined : readTexts(place, fromEnv));
  const unknown = unknownField(place, value);
  if (unknown) {
    const path = [name, ...unknown.path];
    const field = path.join('.');
    throw configError('UNKNOWN_FIELD', {
      kind: 'invalid',
      message: `${whereOf(path)}: there is no setting "${field}".${didYouMean(unknown.path.at(-1) ?? '', unknown.known)}`,
      hint: `Settings there: ${unknown.known.join(', ')}.`,
      details: { field },
    });
  }
  return parseValue(name, schema, value ?? {}, whereOf);
}

function parseValue(
  name: string,
  schema: z.ZodType,
  value: unknown,
  whereOf: (path: readonly string[]) => string,
): unknown {
  const result = schema.safeParse(value, { error: issueWords });
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    field: [name, ...issue.path].join('.'),
    reason: issue.message,
  }));
  const [first] = result.error.issues;
  throw configError('INVALID', {
    kind: 'invalid',
    message: `${whereOf([name, ...(first?.path ?? []).map(String)])}: "${issues[0]?.field}" is not valid: ${first?.message}.`,
    hint: 'Correct the field, or remove it to use the default.',
    details: { issues },
  });
}
