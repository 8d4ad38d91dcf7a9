import { type ModelVersion, modelsToken } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { type Model, type ModelSchema, openModel } from '@trestle/model';
import { trainError } from '../train-error.ts';

/** A model that another is compared with. */
export interface Rival {
  readonly model: Model;
  readonly version: ModelVersion;
}

/** @throws TRS_TRAIN_RIVALS where it does not answer the same question */
export async function openRival(ctx: Context, against: string, model: Model, named: string): Promise<Rival> {
  const models = await ctx.service(modelsToken);
  const version = await models.resolve(against);
  const rival = await openModel(await models.bytes(version));
  const [own, other] = [model.metadata?.schema, rival.metadata?.schema];
  if (!other) throw noSchema(against);
  const answers = ({ task, classes }: ModelSchema): string =>
    task === 'regression' ? 'numbers' : `the classes ${classes.map((name) => `"${name}"`).join(', ')}`;
  if (own && own.task === other.task && answers(own) === answers(other)) return { model: rival, version };
  throw trainError('RIVALS', {
    kind: 'invalid',
    message: `"${named}" predicts ${own ? answers(own) : 'nothing that it names'}, and "${against}" ${answers(other)}: they cannot be compared.`,
    hint: 'Name a model of the same target.',
  });
}

/** A model that does not say what it predicts. */
export const noSchema = (model: string) =>
  trainError('NO_SCHEMA', {
    kind: 'conflict',
    message: `"${model}" does not say what it predicts: it was not packaged by a training here.`,
    hint: 'Measure what it answers with a program of your own: "trestle predict" writes it to a file.',
  });
