import { findMetric, type TrackedRun } from '@trestle/contracts';
import { isRecord, type Scope } from '@trestle/kernel';
import { chosenOf } from './chosen-of.ts';
import { findRun } from './read-runs.ts';

type Pair<T> = [T, T];

/** Two runs side by side. @throws TRS_TRAIN_UNKNOWN_RUN */
export async function compareRuns(scope: Scope, firstId: string, secondId: string) {
  const first = await findRun(scope, firstId);
  const second = await findRun(scope, secondId);
  const metrics = compareMetrics(first, second);
  return {
    runs: [first, second] satisfies Pair<TrackedRun>,
    settings: differences(settingsOf(first), settingsOf(second)),
    metrics,
    sameRows: holdOutSameRows(first, second),
    best: Object.fromEntries(
      metrics.flatMap(({ name, difference }) => {
        const better = betterOf(scope, [first, second], name);
        if (difference === null || difference === 0 || better === undefined) return [];
        return [[name, difference > 0 === (better === 'higher') ? 1 : 0] as const];
      }),
    ),
  };
}

/** A run keeps which way its own metric is better, also when the plugin that brought it is gone. */
const betterOf = (scope: Scope, runs: readonly TrackedRun[], name: string): 'higher' | 'lower' | undefined =>
  findMetric(scope, name)?.better ?? runs.find(({ metric }) => metric?.name === name)?.metric?.better;

function compareMetrics(first: TrackedRun, second: TrackedRun) {
  const [a, b] = [comparable(first), comparable(second)];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => {
    const values: Pair<number | null> = [a[name] ?? null, b[name] ?? null];
    const difference = values[0] === null || values[1] === null ? null : values[1] - values[0];
    return { name, values, difference };
  });
}

/** The metrics of the held-out part; of a run without one, the last of each series. */
function comparable({ metrics }: TrackedRun): Readonly<Record<string, number>> {
  if (isRecord(metrics.test)) return finite(metrics.test);
  return finite(metrics);
}

const finite = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      typeof value === 'number' ? [[name, value] as const] : [],
    ),
  );

const settingsOf = (run: TrackedRun): Readonly<Record<string, unknown>> => ({
  ...run.params,
  dataset: run.dataset,
  task: run.task,
  status: run.status,
  chosen: chosenOf(run),
  trainRows: run.split?.trainRows,
  testRows: run.split?.testRows,
  boundary: run.split?.boundary,
});

function differences(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>) {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((name) => JSON.stringify(a[name]) !== JSON.stringify(b[name]))
    .map((name) => ({ name, values: [a[name], b[name]] satisfies Pair<unknown> }));
}

/** The held-out rows follow from the data, the target (rows without one are dropped), the share and how they are chosen. */
function holdOutSameRows(first: TrackedRun, second: TrackedRun): boolean {
  if (first.spec === undefined || second.spec === undefined) return false;
  const rowsOf = ({ datasetDigest, spec, task, split }: TrackedRun): string =>
    JSON.stringify([
      datasetDigest,
      spec?.target,
      spec?.test,
      spec?.timeColumn,
      spec?.split,
      spec?.hold,
      spec?.splitColumn,
      spec?.test === 0 ? spec.folds : [],
      // A split by time has nothing random; one at random is stratified by class.
      spec?.timeColumn === undefined ? [spec?.seed, task === 'regression'] : [],
      split?.testRows,
    ]);
  return first.datasetDigest !== undefined && rowsOf(first) === rowsOf(second);
}
