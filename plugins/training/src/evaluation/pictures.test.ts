import { averagePrecision, confusionMatrix, rocAuc } from '@trestle/statistics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { picturesOf } from './pictures.ts';

const rows = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 20 })), {
    minLength: 2,
    maxLength: 150,
  })
  .filter((all) => new Set(all.map(([target]) => target)).size === 2);

describe('what the pictures of two classes are drawn from', () => {
  it('gives the area of scikit-learn’s curve, ties included', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const targets = all.map(([target]) => target);
        const scores = all.map(([, score]) => score / 20);
        const { thresholds } = picturesOf({ task: 'binary', targets, scores }) ?? {};
        if (!thresholds) throw new Error('no picture');
        let [area, x, y] = [0, 0, 0];
        for (const [k, found] of thresholds.truePositives.entries()) {
          const next = (thresholds.falsePositives[k] ?? 0) / thresholds.negatives;
          const up = found / thresholds.positives;
          area += ((next - x) * (up + y)) / 2;
          [x, y] = [next, up];
        }
        expect([x, y]).toEqual([1, 1]);
        expect(area).toBeCloseTo(rocAuc(targets, scores), 9);
        // The steps of precision over recall: the average precision.
        let [precision, before] = [0, 0];
        for (const [k, found] of thresholds.truePositives.entries()) {
          precision +=
            ((found - before) / thresholds.positives) *
            (found / (found + (thresholds.falsePositives[k] ?? 0)));
          before = found;
        }
        expect(precision).toBeCloseTo(averagePrecision(targets, scores), 9);
      }),
    );
  });

  it('counts at a threshold what the confusion matrix there counts', () => {
    const targets = [0, 1, 1, 0, 1, 0];
    const scores = [0.1, 0.9, 0.4, 0.4, 0.7, 0.8];
    const { thresholds } = picturesOf({ task: 'binary', targets, scores }) ?? {};
    for (const [k, at] of (thresholds?.at ?? []).entries()) {
      const said = scores.map((score) => (score >= at ? 1 : 0));
      const matrix = confusionMatrix(targets, said, 2);
      expect([thresholds?.truePositives[k], thresholds?.falsePositives[k]]).toEqual([
        targets.filter((target, row) => target === 1 && said[row] === 1).length,
        targets.filter((target, row) => target === 0 && said[row] === 1).length,
      ]);
      expect(matrix).toBeDefined();
    }
  });

  it('has bins of all rows, whose means are those of the rows', () => {
    fc.assert(
      fc.property(rows, (all) => {
        const targets = all.map(([target]) => target);
        const scores = all.map(([, score]) => score / 20);
        const { calibration = [] } = picturesOf({ task: 'binary', targets, scores }) ?? {};
        const whole = (of: (bin: (typeof calibration)[number]) => number): number =>
          calibration.reduce((sum, bin) => sum + of(bin) * bin.rows, 0) / all.length;
        expect(calibration.reduce((sum, bin) => sum + bin.rows, 0)).toBe(all.length);
        expect(whole((bin) => bin.is)).toBeCloseTo(targets.reduce((a, b) => a + b, 0) / all.length, 9);
        expect(whole((bin) => bin.said)).toBeCloseTo(scores.reduce((a, b) => a + b, 0) / all.length, 9);
        expect(
          calibration.every((bin, k) => k === 0 || bin.said >= (calibration[k - 1]?.said ?? 0) - 1e-12),
        ).toBe(true);
      }),
    );
  });

  it('is nothing of one class, of no rows and of answers that are no numbers', () => {
    expect(picturesOf({ task: 'binary', targets: [1, 1], scores: [0.1, 0.2] })).toBeUndefined();
    expect(picturesOf({ task: 'binary', targets: [], scores: [] })).toBeUndefined();
    expect(picturesOf({ task: 'regression', targets: [1], scores: [Number.NaN] })).toBeUndefined();
    expect(picturesOf({ task: 'regression', targets: [1, 2], scores: [1.5, 2] })).toEqual({
      residuals: { predicted: [1.5, 2], actual: [1, 2], ofRows: 2 },
    });
  });
});
