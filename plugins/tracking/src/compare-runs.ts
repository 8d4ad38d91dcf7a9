import { findMetric, type TrackedRun } from '@trestle/contracts';
import { invariant, isRecord, type Scope } from '@trestle/kernel';
import { chosenOf } from './chosen-of.ts';
import { checkRuns, runsOf } from './read-runs.ts';

/** Two or more runs side by side. @throws TRS_TRAIN_UNKNOWN_RUN */
export async function compareRuns(
  scope: Scope,
  {
    first,
    second,
    more,
  }: { readonly first: string; readonly second: string; readonly more: readonly string[] },
) {
  const ids = [first, second, ...new Set(more)];
  await checkRuns(scope, ids);
  const found = new Map((await runsOf(scope, ids)).map((run) => [run.run, run]));
  const runs = ids.map((id) => invariant(found.get(id), 'a run that was just there'));
  const metrics = compareMetrics(runs);
  return {
    runs,
    settings: differences(runs.map(settingsOf)),
    metrics,
    sameRows: runs.every((run) => holdOutSameRows(invariant(runs[0], 'the first run'), run)),
    best: Object.fromEntries(
      metrics.flatMap(({ name, values }) => {
        const better = betterOf(scope, runs, name);
        const known = values.flatMap((value) => value ?? []);
        if (better === undefined || known.length < 2) return [];
        const [low, high] = [Math.min(...known), Math.max(...known)];
        return low === high ? [] : [[name, values.indexOf(better === 'higher' ? high : low)] as const];
      }),
    ),
  };
}

/** A run keeps which way its own metric is better, also when the plugin that brought it is gone. */
const betterOf = (scope: Scope, runs: readonly TrackedRun[], name: string): 'higher' | 'lower' | undefined =>
  findMetric(scope, name)?.better ?? runs.find(({ metric }) => metric?.name === name)?.metric?.better;

function compareMetrics(runs: readonly TrackedRun[]) {
  const measured = runs.map(comparable);
  return [...new Set(measured.flatMap((one) => Object.keys(one)))].map((name) => {
    const values = measured.map((one) => one[name] ?? null);
    const [a = null, b = null] = values;
    const difference = values.length > 2 || a === null || b === null ? null : b - a;
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

function differences(settings: readonly Readonly<Record<string, unknown>>[]) {
  return [...new Set(settings.flatMap((one) => Object.keys(one)))]
    .filter((name) => new Set(settings.map((one) => JSON.stringify(one[name]))).size > 1)
    .map((name) => ({ name, values: settings.map((one) => one[name]) }));
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
      spec?.group,
      spec?.test === 0 ? spec.folds : [],
      // A split by time has nothing random; one at random is stratified by class.
      spec?.timeColumn === undefined ? [spec?.seed, task === 'regression'] : [],
      split?.testRows,
    ]);
  return first.datasetDigest !== undefined && rowsOf(first) === rowsOf(second);
}
