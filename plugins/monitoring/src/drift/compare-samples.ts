import type { DriftTest } from '@trestle/contracts';
import {
  benjaminiHochberg,
  chiSquaredTest,
  jensenShannonDistance,
  populationStabilityIndex,
  sumOf,
} from '@trestle/statistics';
import type { DriftThresholds } from '../rules/drift-thresholds.ts';
import { type Binned, type Compared, compareValues } from './bin-values.ts';
import type { FeatureDrift } from './drift-report.ts';
import { builtInDriftTests } from './drift-tests.ts';
import type { DriftReference, FeatureReference } from './reference.ts';

type Row = Readonly<Record<string, unknown>>;

/** The name under which the model's own score stands among the features. */
export const SCORE = 'prediction';

interface Measured {
  readonly reference: FeatureReference;
  readonly kind: FeatureDrift['kind'];
  readonly shown: Compared['shown'];
  readonly psi: number;
  readonly distance: number;
  /** Whether the values that are there, or how many are not, come from one distribution. */
  readonly hypotheses: readonly Hypothesis[];
}

interface Hypothesis {
  /** The name of a drift test, or `missing-rate`. */
  readonly test: string;
  readonly statistic: number;
  readonly pValue: number;
}

/**
 * Compares a window of live rows with the training reference, feature by feature.
 *
 * A feature has drifted when the change is both real and large:
 * - real: a test of equal distributions (Kolmogorov–Smirnov and a chi-squared one of the rare values at both ends for numbers,
 *   chi-squared for categories) rejects at `alpha` after the Benjamini–Hochberg correction over all tests of the check, so that
 *   many features do not raise false alarms; both samples' luck counts, the reference's too;
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
  tests: readonly DriftTest[] = builtInDriftTests,
): FeatureDrift[] {
  const measured = reference.features.map((feature) =>
    measure(
      tests,
      feature,
      feature.kind,
      rows.map((row) => row[feature.name]),
    ),
  );
  if (reference.score && scores.length > 0) measured.push(measure(tests, reference.score, 'score', scores));
  const adjusted = benjaminiHochberg(
    measured.flatMap((feature) => feature.hypotheses.map((one) => one.pValue)),
  );
  let at = 0;
  return measured.map((feature) => {
    const hypotheses = feature.hypotheses.map((one) => ({ ...one, pValue: adjusted[at++] ?? 1 }));
    return judge({ ...feature, hypotheses }, thresholds);
  });
}

function measure(
  tests: readonly DriftTest[],
  reference: FeatureReference,
  kind: FeatureDrift['kind'],
  values: readonly unknown[],
): Measured {
  const { shown, tested, tails } = compareValues(reference, values);
  const { before, now } = shown;
  // A window without a single value says nothing about their distribution; the missing rate tells of it.
  const hasValues = sumOf(now.counts) > 0;
  return {
    reference,
    kind,
    shown,
    psi: hasValues ? populationStabilityIndex(before.counts, now.counts) : 0,
    distance: jensenShannonDistance(before.counts, now.counts),
    hypotheses: [
      ...tests
        .filter(({ kinds }) => kinds.includes(reference.kind))
        .flatMap(({ name, bins: of, compare }) => {
          const pair = of === 'tails' ? tails : tested;
          const found = pair && compare({ reference: pair.before.counts, current: pair.now.counts });
          return found ? [{ test: name, ...found }] : [];
        }),
      {
        test: 'missing-rate',
        ...chiSquaredTest([sumOf(before.counts), before.nulls], [sumOf(now.counts), now.nulls]),
      },
    ],
  };
}

/** @param feature with p-values that are adjusted for their number */
function judge(feature: Measured, thresholds: DriftThresholds): FeatureDrift {
  const { shown, hypotheses } = feature;
  const missing = { reference: missingShare(shown.before), current: missingShare(shown.now) };
  const missingChange = Math.abs(missing.current - missing.reference);
  const ofDistribution = hypotheses.filter((one) => one.test !== 'missing-rate');
  const distributionP = Math.min(...ofDistribution.map((one) => one.pValue));
  const missingP = hypotheses.find((one) => one.test === 'missing-rate')?.pValue ?? 1;
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
    ...(feature.reference.approximate ? { approximate: true } : {}),
    tests: [
      { test: 'psi', statistic: feature.psi, threshold: thresholds.psi },
      { test: 'jensen-shannon', statistic: feature.distance, threshold: thresholds.jensenShannon },
      ...ofDistribution.map(({ test, statistic, pValue }) => ({ test, statistic, pValue })),
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
  return feature.shown.labels.map((label, k) => ({
    label,
    reference: share(feature.shown.before, k),
    current: share(feature.shown.now, k),
  }));
}
