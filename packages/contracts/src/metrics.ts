import { extensionPoint, type Scope } from '@trestle/kernel/spec';
import { type Metric, metricNamed } from '@trestle/statistics';

export type { Metric } from '@trestle/statistics';

/** Where a plugin adds metrics of its own: `--metric` takes their names, and every training measures them. */
export const metrics = extensionPoint<Metric>('training.metrics');

/** The metric of a name, ours or a plugin's; undefined where nobody here knows which way it is better. */
export const findMetric = (scope: Scope, name: string): Metric | undefined =>
  metricNamed(name) ?? scope.extensions(metrics).find((metric) => metric.name === name);
