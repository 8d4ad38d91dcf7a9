import type { View } from '@trestle/kernel';
import type { RetrainResult } from '../retrain/retrain-result.ts';

export function retrainViews(result: RetrainResult): View[] {
  const { champion, challenger, metrics } = result;
  return [
    { kind: 'note', tone: result.promoted ? 'good' : 'info', text: result.reason },
    {
      kind: 'facts',
      facts: [
        ['labelled rows', result.labelledRows],
        ['dataset', result.dataset],
        ['run', result.run],
        ['compared on', `${result.rows} rows that neither has seen`],
      ],
    },
    {
      kind: 'table',
      columns: [
        { key: 'metric', label: 'metric' },
        { key: 'champion', label: `${champion.name}@${champion.version} (champion)`, align: 'right' },
        {
          key: 'challenger',
          label: `${challenger.name}@${challenger.version} (challenger)`,
          align: 'right',
        },
      ],
      rows: Object.keys(metrics.champion).map((metric) => ({
        metric: metric === result.metric ? `${metric} (decides)` : metric,
        champion: Number(metrics.champion[metric]?.toPrecision(4)),
        challenger: Number(metrics.challenger[metric]?.toPrecision(4)),
      })),
    },
  ];
}
