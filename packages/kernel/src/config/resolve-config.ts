import { basename } from 'node:path';
import type { z } from 'zod';
import { configError } from './config-error.ts';
import { envOverrides, overlay } from './env-overrides.ts';
import type { RawConfig } from './load-config.ts';
import { didYouMean } from './nearest-name.ts';
import type { ConfigSection } from './section.ts';

export type ReadConfig = <T extends z.ZodType>(section: ConfigSection<T>) => z.output<T>;

/**
 * Validates every section once, with the environment's overrides laid over the file.
 *
 * @throws TRS_CONFIG_UNKNOWN_SECTION, TRS_CONFIG_INVALID (naming file, field and reason; values are not repeated, they may be secret)
 */
export function resolveConfig(
  raw: RawConfig,
  sections: readonly ConfigSection[],
  env: Readonly<Record<string, string | undefined>>,
): ReadConfig {
  const where = raw.file ? basename(raw.file) : 'the environment';
  const known = ['plugins', ...sections.map((section) => section.name)];
  const values = overlay(raw.values, envOverrides(env)) as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(values)) {
    if (known.includes(key)) continue;
    throw configError('UNKNOWN_SECTION', {
      kind: 'invalid',
      message: `${where} has a section "${key}" that no plugin knows.${didYouMean(key, known)}`,
      hint: `Known sections: ${known.join(', ')}.`,
      details: { section: key },
    });
  }
  const parsed = new Map(
    sections.map((section) => [section.name, parseSection(section, values[section.name], where)]),
  );
  // The map holds what the section's own schema gave back, so the type follows from the section.
  return (section) =>
    (parsed.has(section.name) ? parsed.get(section.name) : section.schema.parse({})) as never;
}

function parseSection(section: ConfigSection, value: unknown, where: string): unknown {
  const result = section.schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({
    field: [section.name, ...issue.path].join('.'),
    reason: issue.message,
  }));
  const first = issues[0];
  throw configError('INVALID', {
    kind: 'invalid',
    message: `${where}: "${first?.field}" is not valid: ${first?.reason}.`,
    hint: 'Correct the field, or remove it to use the default.',
    details: { issues },
  });
}
