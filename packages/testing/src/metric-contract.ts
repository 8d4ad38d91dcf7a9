import { type Metric, type Predictions, seeded } from '@trestle/statistics';
import { describe, expect, it } from 'vitest';

const ROWS = 60;

/** Rows of a task, and how good the predictions of them are: from 0 (guessed) to 1 (known). */
function predictionsOf(task: Predictions['task'], skill: number, rows = ROWS): Predictions {
  const next = seeded(11);
  const classes = task === 'regression' ? 0 : task === 'binary' ? 2 : 3;
  const targets = Float64Array.from({ length: rows }, (_, row) =>
    task === 'regression' ? Math.sin(row) * 3 : row % Math.max(1, classes),
  );
  const noise = Array.from({ length: rows * Math.max(1, classes) }, () => next());
  const scores =
    task === 'regression'
      ? Array.from(targets, (target, row) => target + (1 - skill) * ((noise[row] ?? 0) * 8 - 4))
      : task === 'binary'
        ? Array.from(targets, (target, row) => skill * target + (1 - skill) * (noise[row] ?? 0))
        : Array.from(targets, (target, row) => {
            const shares = [0, 1, 2].map(
              (one) => skill * Number(one === target) + (1 - skill) * (noise[row * 3 + one] ?? 0) + 1e-6,
            );
            const total = shares.reduce((sum, share) => sum + share, 0);
            return shares.map((share) => share / total);
          }).flat();
  return { task, targets, scores: Float64Array.from(scores), classes, threshold: 0.5 };
}

/** The same rows in another order. */
function reversed({ targets, scores, ...rest }: Predictions): Predictions {
  const width = targets.length === 0 ? 1 : scores.length / targets.length;
  const rows = Array.from({ length: targets.length }, (_, row) => targets.length - 1 - row);
  return {
    ...rest,
    targets: rows.map((row) => targets[row] ?? 0),
    scores: rows.flatMap((row) => Array.from({ length: width }, (_, at) => scores[row * width + at] ?? 0)),
  };
}

/** What every metric must do. Call it inside a vitest file. */
export function metricContract(metric: Metric): void {
  describe(`${metric.name}: metric contract`, () => {
    it('has a name as those of its kind, and a task', () => {
      expect(metric.name).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(metric.tasks.length).toBeGreaterThan(0);
    });

    for (const task of metric.tasks) {
      it(`is better of what is known than of what is guessed, as it says: ${task}`, () => {
        const [known, fair, guessed] = [1, 0.8, 0].map((skill) => metric.measure(predictionsOf(task, skill)));
        expect([known, fair, guessed]).not.toContain(undefined);
        const sign = metric.better === 'higher' ? 1 : -1;
        expect(sign * (known ?? 0)).toBeGreaterThan(sign * (guessed ?? 0));
        expect(sign * (known ?? 0)).toBeGreaterThanOrEqual(sign * (fair ?? 0));
      });

      it(`is a number, the same in any order of the rows, and changes nothing: ${task}`, () => {
        const predictions = predictionsOf(task, 0.6);
        const [targets, scores] = [Array.from(predictions.targets), Array.from(predictions.scores)];
        const found = metric.measure(predictions);
        expect(Number.isFinite(found)).toBe(true);
        expect(metric.measure(reversed(predictions))).toBeCloseTo(found ?? Number.NaN, 9);
        expect([Array.from(predictions.targets), Array.from(predictions.scores)]).toEqual([targets, scores]);
      });

      it(`is not defined, or a number, of one row: ${task}`, () => {
        const found = metric.measure(predictionsOf(task, 0.6, 1));
        if (found !== undefined) expect(Number.isFinite(found), String(found)).toBe(true);
      });
    }
  });
}
