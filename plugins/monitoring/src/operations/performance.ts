import { resource } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { type MeasuredMetric, modelPerformanceSchema } from '../performance/model-performance.ts';

export const monitorPerformance = operation({
  id: 'monitor.performance',
  summary:
    'How good a model is on the labels that came, and how good it is estimated to be without them, with intervals.',
  kind: 'query',
  access: 'monitor:read',
  resource: ({ deployment }) => resource('deployment', deployment),
  input: z.object({
    deployment: deploymentNameSchema.describe('Deployment, or monitor of the configuration'),
  }),
  output: modelPerformanceSchema,
  positionals: ['deployment'],
  load: () => import('../performance/model-performance-handler.ts').then((module) => module.modelPerformance),
  present: ({ deployment, realised, estimated }) => [
    {
      kind: 'note',
      tone: realised.state === 'degraded' || estimated.state === 'distrusted' ? 'bad' : 'info',
      text: `${deployment}: ${realised.labelledRows} labelled rows (${realised.state}); estimate: ${estimated.state}${estimated.reason === undefined ? '' : `. ${estimated.reason}`}`,
    },
    ...realised.cautions.map((text): View => ({ kind: 'note', tone: 'warn', text })),
    ...tableOf('Realised', realised.metrics),
    ...tableOf('Estimated', estimated.metrics),
  ],
});

const tableOf = (title: string, metrics: readonly MeasuredMetric[]): View[] =>
  metrics.length === 0
    ? []
    : [
        {
          kind: 'table',
          title,
          columns: [
            { key: 'metric', label: 'metric' },
            { key: 'value', label: 'value', align: 'right' },
            { key: 'interval', label: '95 %', align: 'right' },
            { key: 'baseline', label: 'at training', align: 'right' },
          ],
          rows: metrics.map(({ metric, value, interval, baseline }) => ({
            metric,
            value: value === null ? '-' : value.toFixed(4),
            interval: interval ? `${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}` : '-',
            baseline: baseline === undefined ? '-' : baseline.toFixed(4),
          })),
        },
      ];
