import type { View } from '@trestle/kernel';
import type { DriftReport } from '../drift/drift-report.ts';

const rounded = (value: number): number => Number(value.toPrecision(3));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** A sentence, a bar per feature against its threshold, and the table of numbers. */
export function driftViews(report: DriftReport): View[] {
  const { features, window } = report;
  const verdict = verdictOf(report);
  if (features.length === 0) return [verdict];
  const byStrength = features.toSorted(
    (a, b) => Number(b.drifted) - Number(a.drifted) || b.statistic / b.threshold - a.statistic / a.threshold,
  );
  return [
    verdict,
    {
      kind: 'bars',
      title: `Drift against its threshold (1 = threshold), newest ${window.rows} rows`,
      bars: byStrength.map((feature) => ({
        label: feature.name,
        value: rounded(feature.statistic / feature.threshold),
        ...noteOf(feature),
      })),
    },
    {
      kind: 'table',
      columns: [
        { key: 'name', label: 'feature' },
        { key: 'test', label: 'test' },
        { key: 'statistic', label: 'statistic', align: 'right' },
        { key: 'threshold', label: 'threshold', align: 'right' },
        { key: 'pValue', label: 'adjusted p', align: 'right' },
        { key: 'missing', label: 'missing before → now', align: 'right' },
        { key: 'drifted', label: 'drifted' },
      ],
      rows: byStrength.map((feature) => ({
        name: feature.name,
        test: feature.test,
        statistic: `${feature.approximate ? '≈ ' : ''}${rounded(feature.statistic)}`,
        threshold: feature.threshold,
        pValue: feature.pValue < 1e-4 ? '< 0.0001' : rounded(feature.pValue),
        missing: `${percent(feature.missing.reference)} → ${percent(feature.missing.current)}`,
        drifted: feature.drifted,
      })),
    },
    ...(features.some(({ approximate }) => approximate)
      ? [
          {
            kind: 'note',
            tone: 'info',
            text: '≈ is an estimate: the rows of that dataset were added in several parts, and how they are distributed is put together from those.',
          } satisfies View,
        ]
      : []),
  ];
}

function noteOf({ drifted, approximate }: DriftReport['features'][number]): { readonly note?: string } {
  const words = [...(drifted ? ['drifted'] : []), ...(approximate ? ['≈'] : [])];
  return words.length > 0 ? { note: words.join(' ') } : {};
}

function verdictOf({ state, window, features, model, deployment, against }: DriftReport): View {
  const compared = against === undefined ? '' : ` against ${against}`;
  const served = `${deployment} (${model.name}@${model.version})${compared}`;
  if (state === 'waiting') {
    return {
      kind: 'note',
      tone: 'info',
      text: `${served}: ${window.rows} rows in the log, ${window.minRows} are needed for a verdict.`,
    };
  }
  if (state === 'no-reference') {
    return {
      kind: 'note',
      tone: 'warn',
      text: `${served}: the model brings no training statistics, so drift is measured only against a dataset (--against).`,
    };
  }
  const drifted = features.filter((feature) => feature.drifted).map((feature) => feature.name);
  return drifted.length > 0
    ? {
        kind: 'note',
        tone: 'bad',
        text: `${served}: ${drifted.length} of ${features.length} features drifted: ${drifted.join(', ')}.`,
      }
    : { kind: 'note', tone: 'good', text: `${served}: no drift over the newest ${window.rows} rows.` };
}
