import type { DatasetVersion } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { isSqlStep } from '../config/steps.ts';
import type { Suite } from '../config/suite.ts';
import type { Manifest } from '../version/manifest.ts';
import { listVersions } from '../version/versions.ts';
import { codeDigest } from './code-digest.ts';
import type { DataStep } from './data-step.ts';
import { changes, type KeyParts, keyParts, stepKey } from './step-key.ts';
import { type Made, madeLast, madeUnder, manifestThere } from './step-records.ts';
import type { StepRows } from './step-rows.ts';

/** What there is to do for a step, its inputs being known. */
export interface Decision {
  readonly key: string;
  readonly parts: KeyParts;
  /** In words: why it has to run, or why not. */
  readonly reason: string;
  /** What it made before under the same key. */
  readonly cached: DatasetVersion | undefined;
  /** Only rows were appended to the incremental input: the new parts of it, and what is there already of the output. */
  readonly append:
    | { readonly newParts: Manifest['parts']; readonly before: DatasetVersion; readonly manifest: Manifest }
    | undefined;
}

/** The rows that a step reads and is compared with, by the names that it gives them. */
export interface StepReads {
  readonly inputs: ReadonlyMap<string, StepRows>;
  readonly compared: ReadonlyMap<string, StepRows>;
}

/** Decides by the content of the inputs and of what the rows are compared with, the code, the parameters and the environment. */
export async function decideStep(
  ctx: Context,
  pipeline: string,
  dataStep: DataStep,
  { inputs, compared }: StepReads,
  isForced: boolean,
): Promise<Decision> {
  const { name, step, output, suite } = dataStep;
  const code = isSqlStep(step) ? step.sql.trim() : await codeDigest(ctx.project.dir, step.module);
  const functions = await functionDigests(ctx, suite);
  const parts = keyParts(step, code, {
    inputs: digestsOf(inputs),
    compared: digestsOf(compared),
    expectations: suite,
    functions,
  });
  const key = stepKey(parts, output);
  const decision = { key, parts, cached: undefined, append: undefined };
  if (isForced) return { ...decision, reason: 'it was asked for' };
  const made = await madeUnder(ctx, key);
  const cached = made && (await versionOf(ctx, output, made.digest));
  if (cached) return { ...decision, cached, reason: 'nothing that it follows from changed' };
  const last = await madeLast(ctx, pipeline, name);
  if (!last) return { ...decision, reason: 'it never ran' };
  const append = await appendOnly(ctx, dataStep, last, parts, inputs);
  if (append) return { ...decision, append, reason: `rows were appended to ${step.incremental}` };
  return { ...decision, reason: changes(last.parts, parts).join(', ') || 'what it made is gone' };
}

const digestsOf = (reads: ReadonlyMap<string, StepRows>): Readonly<Record<string, string>> =>
  Object.fromEntries([...reads].map(([name, rows]) => [name, rows.digest]));

/** What the functions of a suite are now, by their modules. */
async function functionDigests(
  ctx: Context,
  suite: Suite | undefined,
): Promise<Readonly<Record<string, string>> | undefined> {
  const digests: Record<string, string> = {};
  for (const one of suite?.expectations ?? [])
    if (one.type === 'row.function') digests[one.module] ??= await codeDigest(ctx.project.dir, one.module);
  return Object.keys(digests).length === 0 ? undefined : digests;
}

const versionOf = async (
  ctx: Context,
  dataset: string,
  digest: string,
): Promise<DatasetVersion | undefined> =>
  (await listVersions(ctx, dataset)).find((version) => version.digest === digest);

async function appendOnly(
  ctx: Context,
  { step, output }: DataStep,
  last: Made,
  parts: KeyParts,
  inputs: ReadonlyMap<string, StepRows>,
): Promise<Decision['append']> {
  const over = step.incremental;
  const input = over === undefined ? undefined : inputs.get(over);
  const old = over === undefined ? undefined : last.parts.inputs[over];
  if (over === undefined || !input || old === undefined) return undefined;
  const asBefore = { ...parts, inputs: { ...parts.inputs, [over]: old } };
  if (changes(last.parts, asBefore).length > 0) return undefined;
  const [before, oldInput, manifest, now] = await Promise.all([
    versionOf(ctx, output, last.digest),
    manifestThere(ctx, old),
    manifestThere(ctx, last.digest),
    input.manifest(),
  ]);
  if (!before || !oldInput || !manifest) return undefined;
  const isPrefix = oldInput.parts.every((part, index) => part.digest === now.parts[index]?.digest);
  if (!isPrefix || now.parts.length === oldInput.parts.length) return undefined;
  return { newParts: now.parts.slice(oldInput.parts.length), before, manifest };
}
