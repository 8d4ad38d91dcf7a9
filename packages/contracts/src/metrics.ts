import { extensionPoint } from '@trestle/kernel/spec';
import type { Metric } from '@trestle/statistics';

export type { Metric } from '@trestle/statistics';

/** Where a plugin adds metrics of its own: `--metric` takes their names, and every training measures them. */
export const metrics = extensionPoint<Metric>('training.metrics');
