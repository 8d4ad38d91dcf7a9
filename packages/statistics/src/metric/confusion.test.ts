import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  balancedAccuracy,
  classReports,
  confusionMatrix,
  macroReport,
  matthewsCorrelation,
} from './confusion.ts';
import { measureAll, metricNamed } from './metric-table.ts';

interface Case {
  readonly classes: number;
  readonly labels: readonly number[];
  readonly predicted: readonly number[];
  readonly matrix: readonly (readonly number[])[];
  readonly precision: readonly number[];
  readonly recall: readonly number[];
  readonly f1: readonly number[];
  readonly macro: { readonly precision: number; readonly recall: number; readonly f1: number };
  readonly balancedAccuracy: number;
  readonly mcc: number;
}

// Made by fixtures/metric-values.py with scikit-learn 1.2.1.
const cases: readonly Case[] = JSON.parse(
  readFileSync(new URL('../fixtures/metric-values.json', import.meta.url), 'utf8'),
);

describe('what is said of classes', () => {
  it.each(cases.map((one) => [one.classes, one] as const))('of %d is what scikit-learn says', (_, one) => {
    const matrix = confusionMatrix(one.labels, one.predicted, one.classes);
    expect(matrix).toEqual(one.matrix);
    for (const [at, report] of classReports(matrix).entries())
      for (const part of ['precision', 'recall', 'f1'] as const)
        expect(report[part], `${part} of ${at}`).toBeCloseTo(one[part][at] ?? Number.NaN, 12);
    const macro = macroReport(matrix);
    for (const part of ['precision', 'recall', 'f1'] as const)
      expect(macro[part], part).toBeCloseTo(one.macro[part], 12);
    expect(balancedAccuracy(matrix)).toBeCloseTo(one.balancedAccuracy, 12);
    expect(matthewsCorrelation(matrix)).toBeCloseTo(one.mcc, 12);
  });

  it('shows a model that never finds the rare class for what it is', () => {
    const targets = Array.from({ length: 100 }, (_, row) => Number(row < 6));
    const found = measureAll({
      task: 'binary',
      targets,
      scores: targets.map(() => 0.06),
      classes: 2,
      threshold: 0.5,
    });
    expect(found).toMatchObject({ f1: 0, precision: 0, recall: 0, mcc: 0, balancedAccuracy: 0.5 });
    expect(found.accuracy).toBe(0.94);
    expect(found.averagePrecision).toBeCloseTo(0.06, 12);
    expect(metricNamed('f1')?.isOfLabels).toBe(true);
  });
});
