import type { Metrics, Training } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { scoreModel } from '../evaluation/score-model.ts';
import { takeRows } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import { prepare } from './prepare.ts';
import { measureOn } from './train.ts';

/** Several models on the very rows that a spec holds out. @throws TRS_TRAIN_COMPARE when a model predicts something else */
export async function compare(
  ctx: Context,
  { models, spec }: Parameters<Training['compare']>[1],
): Promise<{ rows: number; metrics: readonly Metrics[] }> {
  const prepared = await prepare(ctx, spec, ctx.signal);
  const held = takeRows(prepared.table, prepared.split.test);
  const metrics: Metrics[] = [];
  for (const bytes of models) {
    const model = await openModel(bytes);
    const schema = model.metadata?.schema;
    if (schema?.task !== prepared.target.task || schema.classes.join() !== prepared.target.classes.join()) {
      throw trainError('COMPARE', {
        kind: 'invalid',
        message: `A model predicts ${schema ? `${schema.target} (${schema.classes.join(', ') || schema.task})` : 'something unknown'}, the data holds ${spec.target} (${prepared.target.classes.join(', ') || prepared.target.task}).`,
        hint: 'Compare models of one target.',
      });
    }
    metrics.push(measureOn(prepared, held, await scoreModel(model, held), prepared.split.test));
  }
  return { rows: held.rows, metrics };
}
