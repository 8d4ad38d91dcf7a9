import type { Host, Metric } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

import type { Keeper } from '../processes/keeper.ts';
import type { Measured } from '../processes/messages.ts';
import { summed } from '../processes/sum-metrics.ts';

type OpenMetrics = Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>;

/** `GET /metrics`: the process, its requests, and what plugins count; of all processes of the server, where there are several. */
export function addMetricsRoute(
  app: FastifyInstance,
  host: Host,
  { openStreams, keeper }: { readonly openStreams: () => number; readonly keeper?: Keeper | undefined },
): void {
  const register: OpenMetrics = new Registry();
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register });
  const seconds = requestSeconds();
  register.registerMetric(seconds.metric);
  const streams = new Gauge({
    name: 'trestle_http_event_streams',
    help: 'Callers that follow jobs as events now.',
    registers: [],
    collect() {
      this.set(openStreams());
    },
  });
  register.registerMetric(streams);
  app.addHook('onRequest', (request, reply, done) => {
    // Fastify's own onResponse watches the answer with half a dozen listeners.
    reply.raw.on('close', () => {
      // The pattern of the route, not the address: an address of the caller's choice would be a label of its own.
      seconds.observe(
        request.method,
        request.routeOptions.url ?? 'unknown',
        reply.statusCode,
        reply.elapsedTime,
      );
    });
    done();
  });
  const collectAll = async (): Promise<void> => {
    for (const metric of host.plugins.flatMap((plugin) => plugin.metrics ?? []))
      await collect(host, metric, register);
  };
  const measure = async (): Promise<Measured> => {
    await collectAll();
    return await register.getMetricsAsJSON();
  };
  keeper?.onMeasure(measure);
  app.get('/metrics', { config: { access: 'system:read' } }, async (_request, reply) => {
    if (!keeper) await collectAll();
    const all = keeper ? summed(await keeper.collect(await measure())) : register;
    return reply.type(register.contentType).send(await all.metrics());
  });
}

/** Upper ends of the buckets. */
const BUCKETS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/**
 * How long requests took. Counted in place for each request, and given to the library when it is asked: finding a label's counters
 * there takes longer than all of the counting.
 */
function requestSeconds() {
  interface Counted {
    readonly labels: { readonly method: string; readonly route: string; readonly status: string };
    readonly buckets: Float64Array;
    sumMs: number;
    count: number;
  }
  const routes = new Map<string, Map<string, Counted>>();
  const name = 'trestle_http_request_duration_seconds';
  const help = 'How long requests took.';
  const metric = new Histogram({
    name,
    help,
    labelNames: ['method', 'route', 'status'],
    buckets: BUCKETS_MS.map((ms) => ms / 1_000),
    registers: [],
  });
  const valuesOf = ({ labels, buckets, sumMs, count }: Counted) => {
    const bucket = `${name}_bucket`;
    let below = 0;
    const bounds = BUCKETS_MS.map((ms, at) => {
      below += buckets[at] ?? 0;
      return { metricName: bucket, labels: { ...labels, le: ms / 1_000 }, value: below, sharedLabels: {} };
    });
    return [
      ...bounds,
      { metricName: bucket, labels: { ...labels, le: '+Inf' }, value: count, sharedLabels: {} },
      { metricName: `${name}_sum`, labels, value: sumMs / 1_000, sharedLabels: {} },
      { metricName: `${name}_count`, labels, value: count, sharedLabels: {} },
    ];
  };
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: [...routes.values()].flatMap((counted) => [...counted.values()].flatMap(valuesOf)),
  });
  return {
    metric: Object.assign(metric, { get, getForPromString: get }),
    observe(method: string, route: string, status: number, ms: number): void {
      let counted = routes.get(route);
      if (!counted) {
        counted = new Map();
        routes.set(route, counted);
      }
      const key = `${method}${status}`;
      let one = counted.get(key);
      if (!one) {
        one = {
          labels: { method, route, status: String(status) },
          buckets: new Float64Array(BUCKETS_MS.length),
          sumMs: 0,
          count: 0,
        };
        counted.set(key, one);
      }
      let at = 0;
      while (at < BUCKETS_MS.length && ms > (BUCKETS_MS[at] ?? 0)) at++;
      if (at < BUCKETS_MS.length) one.buckets[at] = (one.buckets[at] ?? 0) + 1;
      one.sumMs += ms;
      one.count += 1;
    },
  };
}

async function collect(host: Host, metric: Metric, register: OpenMetrics): Promise<void> {
  try {
    const samples = await metric.collect(host);
    const labelNames = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))];
    const options = {
      ...{ name: metric.name, help: metric.help, labelNames, registers: [] },
      // Of the project all processes say the same.
      aggregator: metric.of === 'project' ? ('first' as const) : ('sum' as const),
    };
    // What a plugin counts is asked for anew each time; its labels may have changed.
    register.removeSingleMetric(metric.name);
    if (metric.type === 'counter') {
      const counter = new Counter(options);
      register.registerMetric(counter);
      for (const { labels, value } of samples) counter.inc(labels, value);
    } else {
      const gauge = new Gauge(options);
      register.registerMetric(gauge);
      for (const { labels, value } of samples) gauge.set(labels, value);
    }
  } catch (cause) {
    // One plugin that cannot count must not hide what the others count.
    host.log.warn('a metric could not be collected', { metric: metric.name, cause: String(cause) });
  }
}
