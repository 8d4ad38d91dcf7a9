import type { Metrics, Training } from '@trestle/contracts';
import type { Context } from '@trestle/kernel';
import { openModel } from '@trestle/model';
import { scoreModel } from '../evaluation/score-model.ts';
import { type Prepared, prepare } from '../preparation/prepare.ts';
import { takeRows } from '../table/table.ts';
import { trainError } from '../train-error.ts';
import { measureOn } from './evaluate.ts';

/** Several models on the very rows that a spec holds out. @throws TRS_TRAIN_COMPARE when a model predicts something else */
export async function compare(
  ctx: Context,
  { models, spec }: Parameters<Training['compare']>[1],
): Promise<{ rows: number; metrics: readonly Metrics[] }> {
  const opened = await Promise.all(models.map((bytes) => openModel(bytes)));
  // What is the positive class is said by the models: in other rows another one may be the rarer.
  const said = opened.find((model) => model.metadata?.schema.task === 'binary')?.metadata?.schema.classes[1];
  const prepared = turned(await prepare(ctx, spec, ctx.signal), spec.positive ?? said);
  const held = takeRows(prepared.table, prepared.split.test);
  const metrics: Metrics[] = [];
  for (const model of opened) {
    const schema = model.metadata?.schema;
    if (
      schema?.task !== prepared.target.task ||
      schema.classes.toSorted().join() !== prepared.target.classes.toSorted().join()
    ) {
      throw trainError('COMPARE', {
        kind: 'invalid',
        message: `A model predicts ${schema ? `${schema.target} (${schema.classes.join(', ') || schema.task})` : 'something unknown'}, the data holds ${spec.target} (${prepared.target.classes.join(', ') || prepared.target.task}).`,
        hint: 'Compare models of one target.',
      });
    }
    const scores = await scoreModel(model, held);
    const isTurned = schema.task === 'binary' && schema.classes[1] !== prepared.target.classes[1];
    metrics.push(
      measureOn(
        prepared,
        isTurned ? scores.map((score) => 1 - score) : scores,
        prepared.split.test,
        isTurned ? 1 - schema.threshold : schema.threshold,
      ),
    );
  }
  return { rows: held.rows, metrics };
}

/** The same rows with the other one of two classes as the positive one, where that is meant. */
function turned(prepared: Prepared, positive: string | undefined): Prepared {
  const { target } = prepared;
  const [first] = target.classes;
  if (target.task !== 'binary' || positive === undefined || first !== positive) return prepared;
  const classes = target.classes.toReversed();
  return { ...prepared, target: { ...target, classes, values: target.values.map((value) => 1 - value) } };
}
