import type { Feature } from './metadata.ts';
import type { Model } from './model.ts';

/** What a model takes and answers, as far as its callers see it. */
export interface ModelInterface {
  readonly features: readonly Pick<Feature, 'name' | 'type' | 'nullable' | 'imputed'>[];
  readonly task: string | undefined;
  readonly classes: readonly string[];
}

export const interfaceOf = ({
  features,
  metadata,
}: Pick<Model, 'features' | 'metadata'>): ModelInterface => ({
  features,
  task: metadata?.schema.task,
  classes: metadata?.schema.classes ?? [],
});

/**
 * How a model differs from the one before it in what it takes and answers: in sentences, what hits callers hardest first.
 *
 * @param before what the one before is called
 */
export function interfaceDifferences(
  old: ModelInterface,
  next: ModelInterface,
  before: string,
): readonly string[] {
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
