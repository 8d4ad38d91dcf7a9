import type { View } from '@trestle/kernel';
import type { CheckReport } from '../check/check-report.ts';
import { alertViews } from './alert-view.ts';
import { driftViews } from './drift-view.ts';

export function checkViews(report: CheckReport): View[] {
  const { performance, fired, resolved, action } = report;
  return [
    ...driftViews(report.drift),
    {
      kind: 'note',
      tone: performance.state === 'degraded' ? 'bad' : performance.state === 'ok' ? 'good' : 'info',
      text: `Performance: ${performance.state} (${performance.labelledRows} labelled rows, ${performance.minRows} needed).`,
    },
    ...(performance.metrics.length > 0
      ? [
          {
            kind: 'table' as const,
            columns: [
              { key: 'metric', label: 'metric' },
              { key: 'current', label: 'now', align: 'right' as const },
              { key: 'baseline', label: 'at training time', align: 'right' as const },
            ],
            rows: performance.metrics.map((metric) => ({
              metric: metric.metric,
              current: Number(metric.current.toPrecision(4)),
              baseline: metric.baseline === undefined ? null : Number(metric.baseline.toPrecision(4)),
            })),
          },
        ]
      : []),
    ...(fired.length + resolved.length > 0 ? alertViews([...fired, ...resolved]) : []),
    { kind: 'note', tone: 'info', text: `Action: ${action.reason}` },
  ];
}
