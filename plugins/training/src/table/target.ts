import type { Task, TrainingSpec } from '@trestle/contracts';
import type { Table, TableColumn } from '@trestle/features';
import { didYouMean } from '@trestle/kernel';
import { isWrittenTime, writtenWay } from '@trestle/model';
import { trainError } from '../train-error.ts';
import { rowAt } from './finite.ts';

const MAX_CLASSES = 100;
/** Whole numbers with at most this many values are taken for classes. */
const MAX_NUMBER_CLASSES = 10;

/** What is to be predicted: class indices, or numbers. */
export interface Target {
  readonly task: Task;
  /** Empty for regression; for two classes the second is the positive one. */
  readonly classes: readonly string[];
  /** Of two classes: why the second is the positive one. */
  readonly whyPositive?: string;
  /** One per row of the table; NaN where the target is missing. */
  readonly values: Float64Array;
}

/** Squares of what is further from 0 leave the range of float64. */
const FURTHEST = 1e150;

/**
 * Reads the target and decides the task.
 *
 * @param order how the table's rows are sorted, where they are
 * @throws TRS_TRAIN_TARGET_CONSTANT, TRS_TRAIN_TARGET_NOT_FINITE, TRS_TRAIN_TASK
 */
export function readTarget(table: Table, spec: TrainingSpec, order?: string): Target {
  const column = table.columns[spec.target];
  if (!column) throw new RangeError(`The target "${spec.target}" was not read.`);
  checkFinite(column, spec.target, order);
  const texts = labelTexts(column);
  const classes = [...new Set(texts.filter((text) => text !== ''))].sort(byValue);
  if (classes.length < 2) {
    throw trainError('TARGET_CONSTANT', {
      kind: 'invalid',
      message: `The target "${spec.target}" ${classes.length === 0 ? 'has no values' : `is always "${classes[0]}"`}: there is nothing to learn.`,
      hint: 'Choose another target, or rows in which it differs.',
    });
  }
  const task = spec.task === 'auto' ? inferTask(column, classes.length) : spec.task;
  checkTask(task, column, classes.length, spec.target);
  checkBinaryOnly(task, spec);
  if (task === 'regression')
    return { task, classes: [], values: isText(column) ? new Float64Array() : column.values };
  const ordered = task === 'binary' ? positiveLast(classes, texts, spec) : { classes };
  const place = new Map(ordered.classes.map((name, index) => [name, index]));
  return { task, ...ordered, values: Float64Array.from(texts, (text) => place.get(text) ?? Number.NaN) };
}

/** What people write for yes, beside what they then write for no: 1 is a yes beside 0, and a number beside 2. */
const YES: Readonly<Record<string, readonly string[]>> = {
  true: ['false'],
  yes: ['no'],
  y: ['n'],
  t: ['f'],
  '1': ['0', '-1'],
  positive: ['negative'],
  pos: ['neg'],
  on: ['off'],
};

/** Two classes, the positive one second: the one that is asked for, the usual word for yes, or the rarer one. */
function positiveLast(
  classes: readonly string[],
  texts: readonly string[],
  { positive, target }: TrainingSpec,
): { readonly classes: readonly string[]; readonly whyPositive: string } {
  const last = (one: string, whyPositive: string) => ({
    classes: [...classes.filter((name) => name !== one), one],
    whyPositive,
  });
  if (positive !== undefined) {
    if (classes.includes(positive)) return last(positive, 'as asked');
    throw trainError('POSITIVE', {
      kind: 'invalid',
      message: `The target "${target}" is never "${positive}".${didYouMean(positive, classes)}`,
      hint: `Its classes: ${classes.join(', ')}.`,
      details: { column: target },
    });
  }
  const lower = classes.map((name) => name.toLowerCase());
  const yes = classes.find((_, place) => YES[lower[place] ?? '']?.includes(lower[1 - place] ?? ''));
  if (yes !== undefined) return last(yes, 'the usual word for yes');
  const [first = '', second = ''] = classes;
  const rows = (name: string): number => texts.reduce((sum, text) => sum + Number(text === name), 0);
  const [of, beside] = [rows(first), rows(second)];
  if (of === beside) return last(second, 'the last by name, as both are as frequent');
  const [rarer, count] = of < beside ? [first, of] : [second, beside];
  return last(rarer, `the rarer class: ${count} of ${of + beside} rows`);
}

const isText = (column: TableColumn): column is Extract<TableColumn, { type: 'string' | 'image' }> =>
  column.type === 'string' || column.type === 'image';

/** The labels as texts; '' where they are missing. */
export function labelTexts(column: TableColumn): readonly string[] {
  if (column.type === 'string') return column.values;
  if (column.type === 'image') return column.texts;
  return Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return '';
    return column.type === 'boolean' ? String(value === 1) : String(value);
  });
}

const byValue = (a: string, b: string): number => {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) ? (a < b ? -1 : 1) : difference;
};

function checkFinite(column: TableColumn, target: string, order: string | undefined): void {
  if (isText(column)) return;
  const row = column.values.findIndex((value) => Math.abs(value) > FURTHEST);
  if (row === -1) return;
  throw trainError('TARGET_NOT_FINITE', {
    kind: 'invalid',
    message: `The target "${target}" is ${column.values[row]} in ${rowAt(row, order)}: nothing can be learnt of that.`,
    hint: 'Mend or remove such rows; a row without a target is left out.',
    details: { column: target, row },
  });
}

function inferTask(column: TableColumn, distinct: number): Task {
  if (distinct === 2) return 'binary';
  if (isText(column)) return 'multiclass';
  const isWhole = column.values.every((value) => Number.isNaN(value) || Number.isInteger(value));
  return isWhole && distinct <= MAX_NUMBER_CLASSES ? 'multiclass' : 'regression';
}

function checkTask(task: Task, column: TableColumn, distinct: number, target: string): void {
  const reason =
    task === 'regression' && isText(column)
      ? 'it is text, which cannot be regressed'
      : task === 'binary' && distinct !== 2
        ? `it has ${distinct} values, not two`
        : task === 'multiclass' && distinct > MAX_CLASSES
          ? `it has ${distinct} values; at most ${MAX_CLASSES} classes are learnt`
          : undefined;
  if (reason === undefined) return;
  throw trainError('TASK', {
    kind: 'invalid',
    message: `"${target}" does not suit the task ${task}: ${reason}.`,
    hint: saysNumbers(column)
      ? `Its texts say numbers: "trestle data add" reads them as such with --currency, --thousands, --decimal or --percent.`
      : 'Choose another target or --task.',
  });
}

const saysNumbers = (column: TableColumn): boolean => {
  if (column.type !== 'string') return false;
  const way = writtenWay(column.values.filter((text) => text.trim() !== ''));
  return way !== undefined && !isWrittenTime(way);
};

/** What is only there of two classes, or of classes, is refused elsewhere instead of passed over. */
function checkBinaryOnly(task: Task, { positive, threshold, classWeight, target }: TrainingSpec): void {
  const [setting, needs] =
    task !== 'binary' && positive !== undefined
      ? [`--positive ${positive}`, 'two classes']
      : task !== 'binary' && threshold !== 0.5
        ? [`--threshold ${threshold}`, 'two classes']
        : task === 'regression' && classWeight !== 'none'
          ? [`--class-weight ${classWeight}`, 'classes']
          : [];
  if (setting === undefined) return;
  throw trainError('NOT_OF_TASK', {
    kind: 'invalid',
    message: `${setting} needs a target of ${needs}, and "${target}" is learnt as ${task}.`,
    hint: 'Leave it out, or choose another --target or --task.',
  });
}
