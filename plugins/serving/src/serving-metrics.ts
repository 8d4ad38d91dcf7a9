import type { Metric } from '@trestle/kernel';
import type { RolloutSeen } from './deployment/rollout-records.ts';
import { inferencePoolToken } from './inference/inference-pool-token.ts';
import type { ModelFacts } from './inference/model-watch.ts';

/** A number of each version of a deployment that this process was asked for. */
const ofModels = (
  name: string,
  help: string,
  type: Metric['type'],
  count: (facts: ModelFacts) => number,
): Metric => ({
  name: `trestle_inference_${name}`,
  help,
  type,
  collect: async (scope) =>
    (await scope.service(inferencePoolToken)).stats().models.map((facts) => ({
      labels: { deployment: facts.deployment, version: String(facts.version) },
      value: count(facts),
    })),
});

const OUTCOMES = ['answered', 'refused', 'failed', 'overloaded'] as const;

const rolloutMetric = (
  name: string,
  help: string,
  type: Metric['type'],
  value: (version: RolloutSeen) => number,
): Metric => ({
  name: `trestle_rollout_${name}`,
  help,
  type,
  of: 'project',
  async collect(scope) {
    const { seenOfRollouts } = await import('./deployment/rollout-records.ts');
    return (await seenOfRollouts(scope)).map((version) => ({
      labels: version.labels,
      value: value(version),
    }));
  },
});

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
  {
    name: 'trestle_inference_requests_total',
    help: 'Requests for a version of a deployment, by what became of them.',
    type: 'counter',
    collect: async (scope) =>
      (await scope.service(inferencePoolToken)).stats().models.flatMap((facts) =>
        OUTCOMES.map((outcome) => ({
          labels: { deployment: facts.deployment, version: String(facts.version), outcome },
          value: facts[outcome],
        })),
      ),
  },
  ofModels('rows_total', 'Rows that were answered.', 'counter', ({ rows }) => rows),
  ofModels('calls_total', 'How often the model was asked for them.', 'counter', ({ calls }) => calls),
  ofModels(
    'wait_seconds_total',
    'How long tasks waited for a thread, others to join them among it.',
    'counter',
    ({ waitedMs }) => waitedMs / 1_000,
  ),
  ofModels('run_seconds_total', 'How long tasks took in a thread.', 'counter', ({ ranMs }) => ranMs / 1_000),
  ofModels('model_bytes', 'What the model takes in all threads.', 'gauge', ({ bytes }) => bytes),
  ofModels(
    'set_aside',
    'Whether nobody is let to the model because it hangs or ends its threads.',
    'gauge',
    (facts) => (facts.setAsideUntil === undefined ? 0 : 1),
  ),
  {
    name: 'trestle_inference_models_open',
    help: 'Models that are open in some thread of this process.',
    type: 'gauge',
    collect: async (scope) => [
      { labels: {}, value: (await scope.service(inferencePoolToken)).stats().digests.size },
    ],
  },
  {
    name: 'trestle_inference_evictions_total',
    help: 'Models that were closed because others needed their memory.',
    type: 'counter',
    collect: async (scope) => [
      { labels: {}, value: (await scope.service(inferencePoolToken)).stats().evicted },
    ],
  },
  rolloutMetric(
    'share',
    'Of the requests of a deployment with a rollout under way, how many the revision answers.',
    'gauge',
    ({ share }) => share,
  ),
  rolloutMetric(
    'requests_total',
    'Requests of a rollout that is under way, by the revision that answered.',
    'counter',
    ({ requests }) => requests,
  ),
  rolloutMetric(
    'errors_total',
    'Requests of a rollout that is under way that the revision did not answer.',
    'counter',
    ({ errors }) => errors,
  ),
];
