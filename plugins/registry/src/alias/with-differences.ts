import { modelsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { interfaceDifferences, interfaceOf, type ModelInterface, openModel } from '@trestle/model';
import type { MovedAlias } from './move-alias.ts';

/**
 * With what callers have to know: how the version that has the alias now takes and answers other things than the one before. The alias
 * has moved already: a version that cannot be opened any more is told of, and is no failure.
 */
export async function withDifferences(
  scope: Scope,
  moved: MovedAlias,
): Promise<MovedAlias & { readonly differs?: string[] }> {
  const { name, version, previous } = moved;
  if (previous === null || previous === version) return moved;
  try {
    const [old, next] = await Promise.all([previous, version].map((one) => opened(scope, `${name}@${one}`)));
    const differs = old && next ? [...interfaceDifferences(old, next, `${name}@${previous}`)] : [];
    return differs.length === 0 ? moved : { ...moved, differs };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return { ...moved, differs: [`How it differs from ${name}@${previous} is not known: ${why}`] };
  }
}

async function opened(scope: Scope, reference: string): Promise<ModelInterface> {
  const models = await scope.service(modelsToken);
  const model = await openModel(await models.bytes(await models.resolve(reference)));
  try {
    return interfaceOf(model);
  } finally {
    await model.close();
  }
}
