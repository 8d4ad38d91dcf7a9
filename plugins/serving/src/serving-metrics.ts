import type { Metric } from '@trestle/kernel';
import { inferencePoolToken } from './inference/inference-pool-token.ts';

export const servingMetrics: readonly Metric[] = [
  {
    name: 'trestle_inference_waiting',
    help: 'Requests that wait for an inference worker of this process.',
    type: 'gauge',
    collect: async (scope) => [
      { labels: {}, value: (await scope.service(inferencePoolToken)).stats().waiting },
    ],
  },
  {
    name: 'trestle_inference_refused_total',
    help: 'Requests that this process refused because too many were waiting.',
    type: 'counter',
    collect: async (scope) => [
      { labels: {}, value: (await scope.service(inferencePoolToken)).stats().refused },
    ],
  },
  {
    name: 'trestle_inference_executor',
    help: 'Models that run on an executor in this process.',
    type: 'gauge',
    collect: async (scope) => {
      const models = new Map<string, number>();
      for (const { executor } of (await scope.service(inferencePoolToken)).choices())
        models.set(executor, (models.get(executor) ?? 0) + 1);
      return [...models].map(([executor, value]) => ({ labels: { executor }, value }));
    },
  },
];
