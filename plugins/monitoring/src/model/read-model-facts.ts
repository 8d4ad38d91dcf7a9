import { modelsToken, taskSchema } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import type { ModelFacts, ModelFactsReader } from '../model-facts.ts';

/** Reads what monitoring needs from the registry; a version never changes, so each is read once. */
export async function modelFactsReader(scope: Scope): Promise<ModelFactsReader> {
  const known = new Map<string, Promise<ModelFacts>>();
  const read = async (reference: string): Promise<ModelFacts> => {
    const model = await (await scope.service(modelsToken)).resolve(reference);
    const task = taskSchema.safeParse(model.task).data;
    return { task, target: undefined, classes: [], reference: undefined };
  };
  return {
    of(model) {
      const reference = `${model.name}@${model.version}`;
      const facts = known.get(reference) ?? read(reference);
      known.set(reference, facts);
      // What could not be read (a store that was locked) may be read again.
      facts.catch(() => known.delete(reference));
      return facts;
    },
  };
}
