import { type DatasetVersion, datasetsToken, type Metric, type TrainingSpec } from '@trestle/contracts';
import { builtInKinds, type DeclaredFeature, featureKinds, readRecipe, type Table } from '@trestle/features';
import { didYouMean, type Scope } from '@trestle/kernel';
import type { Written } from '@trestle/model';
import { breathe } from '../breathe.ts';
import { allMetrics, type Deciding, decidingMetric } from '../evaluation/metrics.ts';
import { decodeImageColumns } from '../table/decode-images.ts';
import { withoutOdd } from '../table/finite.ts';
import { crossGroups, groupsOf, splitByGroup } from '../table/groups.ts';
import { crossParts, holdPart } from '../table/parts.ts';
import { recordedSplit } from '../table/recorded-split.ts';
import { roundedNotes } from '../table/rounded.ts';
import { type Split, splitAtRandom, splitByTime, splitIntoFolds } from '../table/split.ts';
import { readTable } from '../table/table.ts';
import { labelTexts, readTarget, type Target } from '../table/target.ts';
import { trainError } from '../train-error.ts';
import { withWritten } from './read-written.ts';

/** Data that is read, checked and split, the same way every time for the same version and spec. */
export interface Prepared {
  readonly dataset: DatasetVersion;
  readonly table: Table;
  readonly target: Target;
  readonly split: Split;
  /** Columns that may become features. */
  readonly candidates: readonly string[];
  /** Features that the spec declares. */
  readonly declared: readonly DeclaredFeature[];
  readonly notes: readonly string[];
  /** What becomes of what was never missing in training and is in a row to come. */
  readonly missing: TrainingSpec['missing'];
  /** Columns of texts that were read as numbers and times, and how they are written. */
  readonly written: ReadonlyMap<string, Written>;
  /** What decides between candidates. */
  readonly deciding: Deciding;
  /** All metrics of the task. */
  readonly metrics: readonly Metric[];
}

/** 1, or how many classes there are. */
export const outputsOf = ({ target }: Prepared): number =>
  target.task === 'multiclass' ? target.classes.length : 1;

/** Reads and splits the data of a spec. @throws TRS_DATA_…, TRS_TRAIN_… */
export async function prepare(
  scope: Scope,
  spec: TrainingSpec,
  signal: AbortSignal,
  /** Called for each image that is decoded; throws to stop. */
  onImage: (row: number) => void = () => {},
): Promise<Prepared> {
  const datasets = await scope.service(datasetsToken);
  const dataset = await datasets.resolve(spec.data);
  const names = dataset.columns.map((column) => column.name);
  const declared = readRecipe(spec.features ?? {}, [...builtInKinds, ...scope.extensions(featureKinds)]);
  const sources = declared.flatMap((feature) => feature.sources);
  // What says how rows are parted is no feature: later times, other parts and other groups lie outside of what was learnt of them.
  const aside = [spec.timeColumn, spec.splitColumn, spec.group].flatMap((name) => name ?? []);
  for (const name of [spec.target, ...spec.exclude, ...sources, ...aside]) checkColumn(name, names, dataset);
  checkTimeColumn(dataset, spec);
  const possible = dataset.columns.filter(
    ({ name }) => name !== spec.target && !aside.includes(name) && !spec.exclude.includes(name),
  );
  const candidates = possible.filter(({ about }) => !about).map(({ name }) => name);
  const facts = possible.filter(({ name, about }) => about && !sources.includes(name));
  const needed = [...new Set([...candidates, ...sources, spec.target, ...aside])];
  // A recorded split names rows by their places in the version.
  const orderBy = spec.split === undefined ? spec.timeColumn : undefined;
  const read = await readTable(datasets, dataset, needed, orderBy, signal);
  const decoded = await decodeImageColumns(read, declared, onImage);
  await breathe(signal);
  const said = withWritten(decoded, candidates, declared);
  const odd = withoutOdd(said.table, [...new Set([...candidates, ...sources])], orderBy);
  const { table } = odd;
  await breathe(signal);
  const target = readTarget(table, spec, orderBy);
  const labelled = Int32Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) => !Number.isNaN(target.values[row]),
  );
  const dropped = table.rows - labelled.length;
  const column = orderBy === undefined ? undefined : table.columns[orderBy];
  const times = column && column.type !== 'string' && column.type !== 'image' ? column : undefined;
  // Nobody knows whether they are later or earlier than the rows that are held out.
  const timed = times ? labelled.filter((row) => Number.isFinite(times.values[row])) : labelled;
  const timeless = labelled.length - timed.length;
  const parts = spec.splitColumn === undefined ? undefined : partsOf(table, spec.splitColumn);
  const usable = parts ? timed.filter((row) => parts[row] !== '') : timed;
  const partless = timed.length - usable.length;
  const groups = spec.group === undefined ? undefined : partsOf(table, spec.group);
  const groupless = groups ? usable.filter((row) => groups[row] === '').length : 0;
  await breathe(signal);
  const strata = target.task === 'regression' ? undefined : target.values;
  const split =
    spec.split !== undefined
      ? await recordedSplit(
          scope,
          dataset,
          { split: spec.split, hold: spec.hold, isCrossed: spec.test === 0 },
          usable,
        )
      : parts
        ? splitByColumn(spec, parts, usable)
        : groups
          ? splitIntoGroups(spec, groupsOf(groups), usable)
          : times
            ? splitByTime(times.values, usable, spec.test, times.type === 'timestamp')
            : spec.test === 0
              ? splitIntoFolds(usable, spec.folds ?? USUAL_FOLDS, spec.seed, strata)
              : splitAtRandom(usable, spec.test, spec.seed, strata);
  const notes = [
    ...(facts.length > 0
      ? [`Left out: ${facts.map(({ name }) => name).join(', ')}: facts of the file, not of what it shows.`]
      : []),
    ...odd.notes,
    ...roundedNotes(table, [...new Set([...candidates, ...sources, spec.target])], dataset.columns),
    ...(dropped > 0 ? [`${dropped} rows without a target are left out.`] : []),
    ...(partless > 0 ? [`${partless} rows without a part in "${spec.splitColumn}" are left out.`] : []),
    ...(groupless > 0
      ? [`${groupless} rows without a value in "${spec.group}" are each a group of its own.`]
      : []),
    ...(timeless > 0
      ? [
          `${timeless} rows without a time in "${spec.timeColumn}" are left out: they may be later than the held-out ones.`,
        ]
      : []),
  ];
  const ofTask = allMetrics(scope).filter(({ tasks }) => tasks.includes(target.task));
  const positives =
    split.train.reduce((sum, row) => sum + Number(target.values[row] === 1), 0) / split.train.length;
  const deciding = decidingMetric(scope, spec, target.task, positives);
  return {
    dataset,
    table,
    target,
    split,
    candidates,
    declared,
    notes,
    deciding,
    metrics: ofTask,
    missing: spec.missing,
    written: said.written,
  };
}

/** Of cross-validation, when nothing is said. */
const USUAL_FOLDS = 5;

const splitByColumn = (
  { splitColumn, hold, test }: TrainingSpec,
  parts: readonly string[],
  usable: Int32Array,
): Split =>
  test === 0
    ? crossParts(`"${splitColumn}"`, parts, usable)
    : holdPart('column', `"${splitColumn}"`, parts, hold, usable);

const splitIntoGroups = (
  { group = '', test, folds, seed }: TrainingSpec,
  groups: readonly string[],
  usable: Int32Array,
): Split =>
  test === 0
    ? crossGroups(group, groups, usable, folds ?? USUAL_FOLDS)
    : splitByGroup(group, groups, usable, test, seed);

/** The names of the parts of rows; '' where there is none. */
const partsOf = (table: Table, name: string): readonly string[] => {
  const column = table.columns[name];
  return column ? labelTexts(column) : [];
};

function checkColumn(name: string, names: readonly string[], dataset: DatasetVersion): void {
  if (names.includes(name)) return;
  throw trainError('UNKNOWN_COLUMN', {
    kind: 'invalid',
    message: `"${dataset.dataset}@${dataset.version}" has no column "${name}".${didYouMean(name, names)}`,
    hint: `Columns: ${names.join(', ')}.`,
    details: { column: name },
  });
}

function checkTimeColumn(dataset: DatasetVersion, spec: TrainingSpec): void {
  const column = dataset.columns.find((one) => one.name === spec.timeColumn);
  if (!column || column.type === 'timestamp' || column.type === 'integer' || column.type === 'number') return;
  throw trainError('TIME_COLUMN', {
    kind: 'invalid',
    message: `"${column.name}" is ${column.type}, which does not order rows in time.`,
    hint: `Name a column of dates, times or numbers.${column.type === 'string' ? ' "trestle data add" reads texts as dates with --date-format.' : ''}`,
  });
}
