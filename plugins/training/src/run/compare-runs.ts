import type { Run } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metricNamed } from '@trestle/nn';
import { findRun } from './runs.ts';

type Pair<T> = [T, T];

/** Two runs side by side. @throws TRS_TRAIN_UNKNOWN_RUN */
export async function compareRuns(scope: Scope, firstId: string, secondId: string) {
  const first = await findRun(scope, firstId);
  const second = await findRun(scope, secondId);
  const metrics = compareMetrics(first, second);
  return {
    runs: [withoutCurves(first), withoutCurves(second)] satisfies Pair<Omit<Run, 'curves'>>,
    settings: differences(settingsOf(first), settingsOf(second)),
    metrics,
    sameRows: holdOutSameRows(first, second),
    best: Object.fromEntries(
      metrics.flatMap(({ name, difference }) =>
        difference === null || difference === 0
          ? []
          : [[name, difference > 0 === (metricNamed(name)?.better !== 'lower') ? 1 : 0] as const],
      ),
    ),
  };
}

const withoutCurves = ({ curves: _curves, ...run }: Run): Omit<Run, 'curves'> => run;

function compareMetrics(first: Run, second: Run) {
  const [a, b] = [first.metrics.test ?? {}, second.metrics.test ?? {}];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].map((name) => {
    const values: Pair<number | null> = [a[name] ?? null, b[name] ?? null];
    const difference = values[0] === null || values[1] === null ? null : values[1] - values[0];
    return { name, values, difference };
  });
}

const settingsOf = (run: Run): Readonly<Record<string, unknown>> => ({
  ...run.spec,
  dataset: run.dataset,
  task: run.task,
  status: run.status,
  chosen: run.candidates.find((one) => one.chosen)?.estimator,
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
function holdOutSameRows(first: Run, second: Run): boolean {
  const rowsOf = ({ datasetDigest, spec, task, split }: Run): string =>
    JSON.stringify([
      datasetDigest,
      spec.target,
      spec.test,
      spec.timeColumn,
      spec.split,
      spec.hold,
      // A split by time has nothing random; one at random is stratified by class.
      spec.timeColumn === undefined ? [spec.seed, task === 'regression'] : [],
      split?.testRows,
    ]);
  return first.datasetDigest !== undefined && rowsOf(first) === rowsOf(second);
}
