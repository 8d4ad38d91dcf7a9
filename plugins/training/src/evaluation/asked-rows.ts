import { datasetsToken, type ModelVersion, trainingToken } from '@trestle/contracts';
import type { Table } from '@trestle/features';
import { type Context, didYouMean, invariant } from '@trestle/kernel';
import type { Model, ModelSchema } from '@trestle/model';
import { groupsOf } from '../table/groups.ts';
import { readTable, takeRows } from '../table/table.ts';
import { labelTexts } from '../table/target.ts';
import { trainError } from '../train-error.ts';
import { modelTable } from './model-table.ts';

/** What rows are asked of which dataset. */
export interface Asked {
  readonly data: string;
  readonly target?: string | undefined;
  readonly group?: string | undefined;
}

/** The column whose rows belong together: the one that is asked for, or that of the training. */
export async function groupOf(
  ctx: Context,
  { run }: Pick<ModelVersion, 'run'>,
  asked: string | undefined,
): Promise<{ readonly column: string | undefined; readonly note: readonly string[] }> {
  if (asked !== undefined) return { column: asked, note: [] };
  if (run === undefined) return { column: undefined, note: [] };
  const training = await ctx.service(trainingToken);
  try {
    return { column: (await training.run(run)).spec.group, note: [] };
  } catch {
    return {
      column: undefined,
      note: [
        `The training ${run} cannot be read here: whether its rows belonged to groups is not known. Name their column with --group.`,
      ],
    };
  }
}

/**
 * The rows of a dataset that have a label, for one model or two.
 *
 * @param group the column whose rows belong together
 * @throws TRS_TRAIN_UNKNOWN_COLUMN, TRS_TRAIN_LABELS, TRS_TRAIN_UNREADABLE
 */
export async function askedRows(
  ctx: Context,
  models: readonly Model[],
  schema: ModelSchema,
  input: Asked,
  group: string | undefined,
) {
  const datasets = await ctx.service(datasetsToken);
  const dataset = await datasets.resolve(input.data);
  const reference = `${dataset.dataset}@${dataset.version}`;
  const target = input.target ?? schema.target;
  const names = dataset.columns.map(({ name }) => name);
  if (!names.includes(target)) {
    throw trainError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `"${reference}" has no column "${target}" with what is true.${didYouMean(target, names)}`,
      hint: `Name it with --target. Columns: ${names.join(', ')}.`,
      details: { column: target },
    });
  }
  const features = [...new Set(models.flatMap((model) => model.features.map(({ name }) => name)))];
  const missing = features.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    throw trainError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `"${reference}" lacks ${missing.map((name) => `"${name}"`).join(', ')}, which the model reads.`,
      hint: 'Add the columns: without them the model would be measured on guesses.',
      details: { columns: missing },
    });
  }
  const isGrouped = group !== undefined && names.includes(group);
  if (input.group !== undefined && !isGrouped) {
    throw trainError('UNKNOWN_COLUMN', {
      kind: 'invalid',
      message: `"${reference}" has no column "${input.group}" whose rows belong together.${didYouMean(input.group, names)}`,
      hint: `Columns: ${names.join(', ')}.`,
      details: { column: input.group },
    });
  }
  ctx.progress({ step: `reading ${reference}`, fraction: 0.05 });
  const columns = [...new Set([...features, target, ...(isGrouped ? [group] : [])])];
  const read = await readTable(datasets, dataset, columns, undefined, ctx.signal);
  const truths = truthsOf(read, target, schema);
  const labelled = Int32Array.from(truths.keys()).filter((row) => !Number.isNaN(truths[row]));
  if (labelled.length === 0) throw noLabels(reference, target);
  const tableFor = (model: Model): Table => takeRows(modelTable(read, model.features), labelled);
  const texts = isGrouped ? groupsOf(labelTexts(invariant(read.columns[group], group))) : undefined;
  return {
    ...{ reference, target, tableFor },
    table: tableFor(invariant(models[0], 'a model')),
    targets: Float64Array.from(labelled, (row) => truths[row] ?? Number.NaN),
    groups: texts && Array.from(labelled, (row) => texts[row] ?? ''),
    unlabelled: read.rows - labelled.length,
    notes:
      group !== undefined && !isGrouped
        ? [
            `The training kept rows of one "${group}" together, and "${reference}" does not have that column: intervals take rows as independent, and are too narrow where they are not.`,
          ]
        : [],
  };
}

/** Class indices, or numbers; NaN where there is none. @throws TRS_TRAIN_LABELS naming those that are no class of the model */
function truthsOf({ columns }: Table, target: string, { task, classes }: ModelSchema): Float64Array {
  const column = columns[target];
  if (!column) throw new RangeError(`The column "${target}" was not read.`);
  if (task === 'regression') {
    if (column.type !== 'string' && column.type !== 'image') return Float64Array.from(column.values);
    throw trainError('LABELS', {
      kind: 'invalid',
      message: `"${target}" holds ${column.type}s, and the model predicts numbers.`,
      hint: 'Name the column with what is true with --target.',
    });
  }
  const texts = labelTexts(column);
  const place = new Map(classes.map((name, index) => [name, index]));
  const unknown = [...new Set(texts)].filter((text) => text !== '' && !place.has(text));
  if (unknown.length > 0) {
    const shown = unknown.slice(0, 10).map((name) => `"${name}"`);
    throw trainError('LABELS', {
      kind: 'invalid',
      message: `"${target}" holds ${shown.join(', ')}${unknown.length > 10 ? `, and ${unknown.length - 10} more` : ''}, which ${unknown.length === 1 ? 'is no class' : 'are no classes'} of the model.`,
      hint: `Its classes are ${classes.map((name) => `"${name}"`).join(', ')}.`,
      details: { labels: unknown.slice(0, 100) },
    });
  }
  return Float64Array.from(texts, (text) => place.get(text) ?? Number.NaN);
}

const noLabels = (reference: string, target: string) =>
  trainError('LABELS', {
    kind: 'invalid',
    message: `No row of "${reference}" has a value in "${target}".`,
    hint: 'Name the column with what is true with --target.',
  });
