import { stat } from 'node:fs/promises';
import { type ModelVersion, modelRegistered, NAME_PATTERN } from '@trestle/contracts';
import type { Actor, Scope } from '@trestle/kernel';
import type { Model, Row } from '@trestle/model';
import { blobsToken, metadataToken } from '@trestle/store';
import { registryConfig } from '../registry-config.ts';
import { registryError } from '../registry-error.ts';
import type { RegistryTables } from '../registry-tables.ts';
import type { Examined } from './examine-worker.ts';
import { examinerToken } from './examiner-token.ts';
import { readVersions } from './versions.ts';

export interface Registered extends ModelVersion {
  readonly inputs: Model['inputs'];
  readonly outputs: Model['outputs'];
  readonly origin: Model['origin'];
}

/**
 * Takes a model package, or any ONNX file whose operators are known, as the next version of `name`. It is opened and its
 * golden examples are replayed first. The same file again is the version that it already is.
 *
 * @throws TRS_REGISTRY_NAME_INVALID, TRS_REGISTRY_TOO_LARGE, TRS_REGISTRY_NOT_VERIFIED, TRS_ONNX_…
 */
export async function registerModel(
  scope: Scope,
  actor: Actor,
  {
    name,
    bytes,
    madeFrom,
  }: { readonly name: string; readonly bytes: Uint8Array; readonly madeFrom?: string },
): Promise<Registered> {
  checkName(name);
  const { maxModelBytes } = scope.config(registryConfig);
  if (bytes.byteLength > maxModelBytes) throw tooLarge(bytes.byteLength, maxModelBytes);
  const model = await (await scope.service(examinerToken)).examine(bytes);
  return await keep(scope, actor, { name, bytes, model, madeFrom });
}

/**
 * Takes a file or folder of any format that is known as the next version of `name`.
 *
 * @param path absolute
 * @throws TRS_REGISTRY_NAME_INVALID, TRS_REGISTRY_NOT_VERIFIED, TRS_FORMATS_…, TRS_ONNX_…, TRS_TREES_…
 */
export async function registerPath(
  scope: Scope,
  actor: Actor,
  {
    name,
    path,
    examples,
  }: { readonly name: string; readonly path: string; readonly examples?: readonly Row[] },
): Promise<Registered> {
  checkName(name);
  const { maxModelBytes } = scope.config(registryConfig);
  const { size } = await stat(path);
  if (size > maxModelBytes) throw tooLarge(size, maxModelBytes);
  const examiner = await scope.service(examinerToken);
  const { examined, adopted } = await examiner.adopt(path, { name, ...(examples ? { examples } : {}) });
  return await keep(scope, actor, { name, bytes: adopted.package, model: examined });
}

async function keep(
  scope: Scope,
  actor: Actor,
  {
    name,
    bytes,
    model,
    madeFrom,
  }: {
    readonly name: string;
    readonly bytes: Uint8Array;
    readonly model: Examined;
    readonly madeFrom?: string | undefined;
  },
): Promise<Registered> {
  const { verified, checks } = model.verification;
  if (!verified) {
    throw registryError('NOT_VERIFIED', {
      kind: 'refused',
      message: `The model does not answer its own golden examples: ${checks.find((one) => !one.passed)?.detail}`,
      hint: 'The file was changed after it was made, or needs an operator that rounds differently here. Package it again.',
      details: { checks },
    });
  }
  const blobs = await scope.service(blobsToken);
  await blobs.put(bytes);
  const version = await commit(scope, actor, name, model, madeFrom);
  return { ...version, inputs: model.inputs, outputs: model.outputs, origin: model.origin };
}

async function commit(
  scope: Scope,
  actor: Actor,
  name: string,
  model: Examined,
  madeFrom: string | undefined,
): Promise<ModelVersion> {
  const metadata = await scope.service(metadataToken);
  const made = model.metadata;
  return await metadata.change<RegistryTables, ModelVersion>(actor, async (change) => {
    const versions = await readVersions(change.db, name);
    const same = versions.find((one) => one.digest === model.digest);
    if (same) return same;
    const version: ModelVersion = {
      name,
      version: (versions[0]?.version ?? 0) + 1,
      digest: model.digest,
      aliases: [],
      ...(made ? { task: made.schema.task, estimator: made.estimator } : {}),
      ...(made?.lineage.run === undefined ? {} : { run: made.lineage.run }),
      ...(made?.lineage.dataset === undefined ? {} : { dataset: made.lineage.dataset }),
      metrics: made?.metrics ?? {},
      createdAt: new Date().toISOString(),
    };
    await change.db
      .insertInto('model_versions')
      .values({
        name,
        version: version.version,
        digest: version.digest,
        task: version.task ?? null,
        estimator: version.estimator ?? null,
        run: version.run ?? null,
        dataset: version.dataset ?? null,
        metrics: JSON.stringify(version.metrics),
        created_at: version.createdAt,
      })
      .execute();
    const ref = `model:${name}@${version.version}`;
    // A model from elsewhere starts its lineage at the file that was taken in.
    const from =
      version.run === undefined ? `file:${model.origin?.digest ?? version.digest}` : `run:${version.run}`;
    if (madeFrom === undefined) await change.link({ from, to: ref, kind: 'registered' });
    else await change.link({ from: madeFrom, to: ref, kind: 'optimized' });
    const { digest, run, metrics } = version;
    await change.record(modelRegistered, ref, { digest, run, metrics });
    return version;
  });
}

function checkName(name: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw registryError('NAME_INVALID', {
    kind: 'invalid',
    message: `"${name.slice(0, 100)}" is not a model name.`,
    hint: 'Names hold letters, digits, dots, dashes and underscores, and start with a letter or digit.',
  });
}

const tooLarge = (bytes: number, max: number) =>
  registryError('TOO_LARGE', {
    kind: 'too-large',
    message: `The model has ${bytes} bytes; ${max} are allowed.`,
    hint: 'Raise registry.maxModelBytes in the configuration.',
  });
