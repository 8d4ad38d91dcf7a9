import { modelsToken, taskSchema } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import type { ModelFacts, ModelFactsReader } from '../model-facts.ts';
import { monitoringConfig } from '../rules/monitoring-config.ts';
import { isElsewhere } from '../watched.ts';

/** Reads what monitoring needs from the model packages; a version never changes, so each is read once. */
export function modelFactsReader(scope: Scope): ModelFactsReader {
  const known = new Map<string, Promise<ModelFacts>>();
  const read = async (reference: string): Promise<ModelFacts> => {
    const models = await scope.service(modelsToken);
    const version = await models.resolve(reference);
    const { metadata } = await openModel(await models.bytes(version));
    if (!metadata) {
      const task = taskSchema.safeParse(version.task).data;
      return { task, classes: [], reference: undefined };
    }
    const { schema } = metadata;
    // Time goes on: a point in time is always later than those of the training part, and that is no drift.
    const timestamps = new Set(
      schema.features.filter((feature) => feature.type === 'timestamp').map((feature) => feature.name),
    );
    const features = metadata.reference.features.filter((feature) => !timestamps.has(feature.name));
    return {
      task: schema.task,
      classes: schema.classes,
      reference: features.length > 0 ? { ...metadata.reference, features } : undefined,
    };
  };
  const { monitors } = scope.config(monitoringConfig);
  return {
    async of(model) {
      const declared = isElsewhere({ model }) ? monitors[model.name] : undefined;
      if (declared) return { task: declared.task, classes: declared.classes ?? [], reference: undefined };
      const reference = `${model.name}@${model.version}`;
      const facts = known.get(reference) ?? read(reference);
      known.set(reference, facts);
      // What could not be read (a store that was locked) may be read again.
      facts.catch(() => known.delete(reference));
      return await facts;
    },
  };
}
