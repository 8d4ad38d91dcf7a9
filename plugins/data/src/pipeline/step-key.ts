import { createHash } from 'node:crypto';
import process from 'node:process';
import { canonicalJson } from '@trestle/store';
import { z } from 'zod';
import { isSqlStep, type Step } from '../config/steps.ts';

type Digests = Readonly<Record<string, string>>;

/** All that a step's output follows from. Equal parts make equal rows, so they need not be made again. */
export const keyPartsSchema = z.object({
  code: z.string(),
  /** Digests of the versions that are read, by the name that the step gives them. */
  inputs: z.record(z.string(), z.string()),
  /** Digests of the versions that the rows are compared with; not there when there are none. */
  compared: z.record(z.string(), z.string()).optional(),
  params: z.string(),
  settings: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type KeyParts = z.infer<typeof keyPartsSchema>;

/** Raised when the same step could come to other rows than before. */
const STEP_FORMAT = { sql: '1', module: '2' };

interface KeySources {
  readonly inputs: Digests;
  readonly compared: Digests;
  readonly expectations: unknown;
  /** What the functions among the expectations are, by their modules. */
  readonly functions: Digests | undefined;
}

export function keyParts(
  step: Step,
  code: string,
  { inputs, compared, expectations, functions }: KeySources,
): KeyParts {
  return {
    code,
    inputs: { ...inputs },
    ...(Object.keys(compared).length === 0 ? {} : { compared: { ...compared } }),
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
  return [
    ...(before.code === now.code ? [] : ['its code changed']),
    ...differing(before.inputs, now.inputs).map((name) => `its input ${name} changed`),
    ...differing(before.compared, now.compared).map((name) => `${name}, which it is compared with, changed`),
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

const differing = (before: Digests = {}, now: Digests = {}): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((name) => before[name] !== now[name]);
