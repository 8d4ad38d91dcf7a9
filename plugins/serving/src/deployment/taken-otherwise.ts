import { type ModelVersion, modelsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { interfaceDifferences, interfaceOf, type ModelInterface, openModel } from '@trestle/model';
import { metadataToken } from '@trestle/store';
import type { ServingTables } from '../serving-tables.ts';
import type { Wanted } from './change-deployment.ts';
import { readRevisions } from './revisions.ts';

/**
 * What callers of a deployment have to know of a version that is to serve: how it differs from the one that serves in what it takes and
 * answers. Nothing where no version serves yet, or it is the same.
 */
export async function takenOtherwise(scope: Scope, { target, model }: Wanted): Promise<readonly string[]> {
  const db = (await scope.service(metadataToken)).query<ServingTables>();
  const serving = (await readRevisions(db, target)).findLast(({ kind }) => kind !== 'challenger');
  if (!serving || serving.digest === model.digest) return [];
  const models = await scope.service(modelsToken);
  const before = await models.resolve(`${serving.model}@${serving.version}`);
  const [old, next] = await Promise.all([before, model].map((version) => opened(scope, version)));
  if (!old || !next) return [];
  return interfaceDifferences(old, next, `${before.name}@${before.version}`);
}

async function opened(scope: Scope, version: ModelVersion): Promise<ModelInterface> {
  const models = await scope.service(modelsToken);
  const model = await openModel(await models.bytes(version));
  try {
    return interfaceOf(model);
  } finally {
    await model.close();
  }
}
