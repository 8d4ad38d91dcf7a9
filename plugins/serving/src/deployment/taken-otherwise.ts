import { type ModelVersion, modelsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { type Feature, openModel } from '@trestle/model';
import { metadataToken } from '@trestle/store';
import type { ServingTables } from '../serving-tables.ts';
import type { Wanted } from './change-deployment.ts';
import { readRevisions } from './revisions.ts';

/** What a version takes and answers, as far as its callers see it. */
export interface Contract {
  readonly features: readonly Pick<Feature, 'name' | 'type' | 'nullable' | 'imputed'>[];
  readonly task: string | undefined;
  readonly classes: readonly string[];
}

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
  const [old, next] = await Promise.all([before, model].map((version) => contractOf(scope, version)));
  if (!old || !next) return [];
  return differences(old, next, `${before.name}@${before.version}`);
}

async function contractOf(scope: Scope, version: ModelVersion): Promise<Contract> {
  const models = await scope.service(modelsToken);
  const model = await openModel(await models.bytes(version));
  try {
    const schema = model.metadata?.schema;
    return { features: model.features, task: schema?.task, classes: schema?.classes ?? [] };
  } finally {
    await model.close();
  }
}

/** In sentences, what hits callers hardest first. */
export function differences(old: Contract, next: Contract, before: string): readonly string[] {
  const known = new Map(old.features.map((feature) => [feature.name, feature]));
  const taken = new Set(next.features.map(({ name }) => name));
  const needed: string[] = [];
  const others: string[] = [];
  for (const { name, type, nullable, imputed } of next.features) {
    const had = known.get(name);
    const mayBeMissing = nullable || imputed === true;
    if (!had && mayBeMissing)
      others.push(
        `It takes "${name}" (${type}), which ${before} does not; requests without it count it as missing.`,
      );
    else if (!had)
      needed.push(
        `It needs "${name}" (${type}), which ${before} does not take: requests without it are refused.`,
      );
    else if (had.type !== type)
      needed.push(`It takes "${name}" as ${type}; ${before} takes it as ${had.type}.`);
    else if (!mayBeMissing && (had.nullable || had.imputed === true))
      needed.push(`It needs "${name}", which may be missing in requests to ${before}.`);
  }
  for (const { name } of old.features)
    if (!taken.has(name)) others.push(`It does not look at "${name}", which ${before} takes.`);
  if (old.task !== next.task)
    needed.unshift(
      `It answers a ${next.task ?? 'plain'} task; ${before} answers a ${old.task ?? 'plain'} one.`,
    );
  else if ([...old.classes].toSorted().join('\n') !== [...next.classes].toSorted().join('\n'))
    needed.unshift(
      `Its classes are ${next.classes.join(', ')}; those of ${before} are ${old.classes.join(', ')}.`,
    );
  return [...needed, ...others];
}
