import { createHash } from 'node:crypto';
import process from 'node:process';
import { canonicalJson } from '@trestle/store';
import { z } from 'zod';
import { isSqlStep, type Step } from './pipeline.ts';

/** All that a step's output follows from. Equal parts make equal rows, so they need not be made again. */
export const keyPartsSchema = z.object({
  code: z.string(),
  /** Digests of the versions that are read, by the name that the step gives them. */
  inputs: z.record(z.string(), z.string()),
  params: z.string(),
  settings: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type KeyParts = z.infer<typeof keyPartsSchema>;

/** Raised when the same step could come to other rows than before. */
const STEP_FORMAT = { sql: '1', module: '2' };

export function keyParts(
  step: Step,
  code: string,
  inputs: Readonly<Record<string, string>>,
  expectations: unknown,
  functions?: Readonly<Record<string, string>>,
): KeyParts {
  return {
    code,
    inputs: { ...inputs },
    params: canonicalJson(step.params),
    settings: canonicalJson(
      JSON.parse(
        JSON.stringify({
          expectations,
          functions,
          ...(isSqlStep(step) ? { writes: step.writes } : { batchRows: step.batchRows }),
        }),
      ),
    ),
    environment: isSqlStep(step)
      ? { trestle: STEP_FORMAT.sql }
      : { trestle: STEP_FORMAT.module, node: process.versions.node },
  };
}

export const stepKey = (parts: KeyParts, output: string): string =>
  createHash('sha256').update(canonicalJson({ output, parts })).digest('hex');

/** What differs between what was made last and what would be made now, in words. */
export function changes(before: KeyParts, now: KeyParts): readonly string[] {
  const inputs = [...new Set([...Object.keys(before.inputs), ...Object.keys(now.inputs)])];
  return [
    ...(before.code === now.code ? [] : ['its code changed']),
    ...inputs
      .filter((name) => before.inputs[name] !== now.inputs[name])
      .map((name) => `its input ${name} changed`),
    ...(before.params === now.params ? [] : ['its parameters changed']),
    ...(before.settings === now.settings ? [] : ['its settings changed']),
    ...(canonicalJson(before.environment) === canonicalJson(now.environment)
      ? []
      : [
          `its environment changed (${Object.entries(now.environment)
            .map(([what, version]) => `${what} ${version}`)
            .join(', ')})`,
        ]),
  ];
}
