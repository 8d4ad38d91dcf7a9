import { AggregatorRegistry, Registry } from 'prom-client';
import type { Measured } from './messages.ts';

/** Numbers of several processes as those of one: counters, histograms and gauges are summed, unless a metric says otherwise. */
export function summed(all: readonly Measured[]) {
  const registry = AggregatorRegistry.aggregate<typeof Registry.OPENMETRICS_CONTENT_TYPE>(
    all.map((measured) => measured.map(inOpenMetrics)),
  );
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return registry;
}

/** OpenMetrics has `_total` behind the samples of a counter alone; the library puts it there, and where it stands already once more. */
const inOpenMetrics = (metric: Measured[number]): Measured[number] =>
  String(metric.type) === 'counter' ? { ...metric, name: metric.name.replace(/_total$/, '') } : metric;

/** What still counts when the process that counted it is gone: not what it was at that time, such as its memory. */
export const lasting = (measured: Measured): Measured =>
  measured.filter(
    ({ type, aggregator }) => ['counter', 'histogram'].includes(String(type)) && aggregator === 'sum',
  );
