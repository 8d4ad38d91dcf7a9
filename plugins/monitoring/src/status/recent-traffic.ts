import { quantile } from '@trestle/statistics';
import type { Metadata } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';
import type { DeploymentStatus } from './status-report.ts';

type Traffic = DeploymentStatus['traffic'];

const NEWEST = 1_000;
const STEPS = 24;

/** Latency and pace of the newest requests of a deployment. */
export async function recentTraffic(
  metadata: Metadata,
  of: { readonly deployment: string; readonly model: { readonly name: string; readonly version: number } },
): Promise<Pick<Traffic, 'latencyMs' | 'lastRequestAt' | 'recent'>> {
  const requests = await metadata
    .query<MonitoringTables>()
    .selectFrom('monitoring_predictions')
    .select(['time', 'latency_ms'])
    .where('deployment', '=', of.deployment)
    .where('model', '=', of.model.name)
    .where('version', '=', of.model.version)
    .orderBy('time', 'desc')
    .limit(NEWEST)
    .execute();
  const newest = requests[0];
  if (!newest) return { recent: [] };
  const latencies = requests.map((request) => request.latency_ms).sort((a, b) => a - b);
  return {
    latencyMs: {
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      p99: quantile(latencies, 0.99),
    },
    lastRequestAt: newest.time,
    recent: inSteps(requests.map((request) => Date.parse(request.time))),
  };
}

function inSteps(times: readonly number[]): Traffic['recent'] {
  const first = Math.min(...times);
  const step = Math.max(1, (Math.max(...times) - first + 1) / STEPS);
  const counts = new Array<number>(STEPS).fill(0);
  for (const time of times) {
    const k = Math.min(STEPS - 1, Math.floor((time - first) / step));
    counts[k] = (counts[k] ?? 0) + 1;
  }
  return counts.map((requests, k) => ({ from: new Date(first + k * step).toISOString(), requests }));
}
