import {
  benjaminiHochberg,
  chiSquaredTest,
  jensenShannonDistance,
  kolmogorovSmirnovTest,
  populationStabilityIndex,
  sumOf,
} from '@trestle/statistics';
import { type Binned, binLabels, binValues, referenceCounts } from './bin-values.ts';
import type { FeatureDrift } from './drift-report.ts';
import type { DriftThresholds } from './drift-thresholds.ts';
import type { DriftReference, FeatureReference } from './reference.ts';

type Row = Readonly<Record<string, unknown>>;

/** The name under which the model's own score stands among the features. */
export const SCORE = 'prediction';

interface Measured {
  readonly reference: FeatureReference;
  readonly kind: FeatureDrift['kind'];
  readonly before: Binned;
  readonly now: Binned;
  readonly psi: number;
  readonly distance: number;
  readonly hypothesis: { readonly test: 'kolmogorov-smirnov' | 'chi-squared'; readonly statistic: number };
  /** Of the distribution among the values that are there, and of the rate of missing ones. */
  readonly pValues: readonly [distribution: number, missing: number];
}

/**
 * Compares a window of live rows with the training reference, feature by feature.
 *
 * A feature has drifted when the change is both real and large:
 * - real: the test of equal distributions (Kolmogorov–Smirnov for numbers, chi-squared for categories) rejects at
 *   `alpha` after the Benjamini–Hochberg correction over all tests of the check, so that many features do not raise
 *   false alarms;
 * - large: the population stability index or the Jensen–Shannon distance reaches its threshold, so that a large window
 *   does not raise an alarm about a change that nobody would notice.
 *
 * The rate of missing values is judged the same way (chi-squared test, and an absolute change of at least the threshold).
 */
export function compareSamples(
  reference: DriftReference,
  rows: readonly Row[],
  scores: readonly number[],
  thresholds: DriftThresholds,
): FeatureDrift[] {
  const measured = reference.features.map((feature) =>
    measure(
      feature,
      feature.kind,
      rows.map((row) => row[feature.name]),
    ),
  );
  if (reference.score && scores.length > 0) measured.push(measure(reference.score, 'score', scores));
  const adjusted = benjaminiHochberg(measured.flatMap((feature) => feature.pValues));
  return measured.map((feature, k) =>
    judge(feature, [adjusted[2 * k] ?? 1, adjusted[2 * k + 1] ?? 1], thresholds),
  );
}

function measure(
  reference: FeatureReference,
  kind: FeatureDrift['kind'],
  values: readonly unknown[],
): Measured {
  const before = referenceCounts(reference);
  const now = binValues(reference, values);
  const isNumeric = reference.kind === 'numeric';
  const hypothesis = (isNumeric ? kolmogorovSmirnovTest : chiSquaredTest)(before.counts, now.counts);
  const missing = chiSquaredTest([sumOf(before.counts), before.nulls], [sumOf(now.counts), now.nulls]);
  // A window without a single value says nothing about their distribution; the missing rate tells of it.
  const hasValues = sumOf(now.counts) > 0;
  return {
    reference,
    kind,
    before,
    now,
    psi: hasValues ? populationStabilityIndex(before.counts, now.counts) : 0,
    distance: jensenShannonDistance(before.counts, now.counts),
    hypothesis: {
      test: isNumeric ? 'kolmogorov-smirnov' : 'chi-squared',
      statistic: hypothesis.statistic,
    },
    pValues: [hypothesis.pValue, missing.pValue],
  };
}

function judge(
  feature: Measured,
  [distributionP, missingP]: readonly [number, number],
  thresholds: DriftThresholds,
): FeatureDrift {
  const missing = { reference: missingShare(feature.before), current: missingShare(feature.now) };
  const missingChange = Math.abs(missing.current - missing.reference);
  const isLarge = feature.psi >= thresholds.psi || feature.distance >= thresholds.jensenShannon;
  const hasShifted = isLarge && distributionP < thresholds.alpha;
  const hasLostValues = missingChange >= thresholds.missingRate && missingP < thresholds.alpha;
  const decisive =
    hasLostValues && !hasShifted
      ? {
          test: 'missing-rate',
          statistic: missingChange,
          threshold: thresholds.missingRate,
          pValue: missingP,
        }
      : hasShifted && feature.psi < thresholds.psi
        ? {
            test: 'jensen-shannon',
            statistic: feature.distance,
            threshold: thresholds.jensenShannon,
            pValue: distributionP,
          }
        : { test: 'psi', statistic: feature.psi, threshold: thresholds.psi, pValue: distributionP };
  return {
    name: feature.reference.name,
    kind: feature.kind,
    ...decisive,
    drifted: hasShifted || hasLostValues,
    tests: [
      { test: 'psi', statistic: feature.psi, threshold: thresholds.psi },
      { test: 'jensen-shannon', statistic: feature.distance, threshold: thresholds.jensenShannon },
      { ...feature.hypothesis, pValue: distributionP },
      {
        test: 'missing-rate',
        statistic: missingChange,
        threshold: thresholds.missingRate,
        pValue: missingP,
      },
    ],
    missing,
    bins: bins(feature),
  };
}

const missingShare = (sample: Binned): number => {
  const rows = sumOf(sample.counts) + sample.nulls;
  return rows === 0 ? 0 : sample.nulls / rows;
};

function bins(feature: Measured): FeatureDrift['bins'] {
  const share = (sample: Binned, k: number): number => (sample.counts[k] ?? 0) / (sumOf(sample.counts) || 1);
  return binLabels(feature.reference).map((label, k) => ({
    label,
    reference: share(feature.before, k),
    current: share(feature.now, k),
  }));
}
