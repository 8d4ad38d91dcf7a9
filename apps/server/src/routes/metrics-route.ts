import type { Host, Metric } from '@trestle/kernel';
import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

type OpenMetrics = Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>;

/** `GET /metrics`: the process, its requests, and what plugins count. */
export function addMetricsRoute(app: FastifyInstance, host: Host, openStreams: () => number): void {
  const register: OpenMetrics = new Registry();
  register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  collectDefaultMetrics({ register });
  const seconds = new Histogram({
    name: 'trestle_http_request_duration_seconds',
    help: 'How long requests took.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [],
  });
  register.registerMetric(seconds);
  const streams = new Gauge({
    name: 'trestle_http_event_streams',
    help: 'Callers that follow jobs as events now.',
    registers: [],
    collect() {
      this.set(openStreams());
    },
  });
  register.registerMetric(streams);
  app.addHook('onResponse', async (request, reply) => {
    // The pattern of the route, not the address: an address of the caller's choice would be a label of its own.
    const route = request.routeOptions.url ?? 'unknown';
    seconds.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
  });
  app.get('/metrics', { config: { access: 'system:read' } }, async (_request, reply) => {
    for (const metric of host.plugins.flatMap((plugin) => plugin.metrics ?? []))
      await collect(host, metric, register);
    return reply.type(register.contentType).send(await register.metrics());
  });
}

async function collect(host: Host, metric: Metric, register: OpenMetrics): Promise<void> {
  try {
    const samples = await metric.collect(host);
    const labelNames = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))];
    const options = { name: metric.name, help: metric.help, labelNames, registers: [] };
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
