import { SEVERITIES, type Severity } from '@trestle/contracts';
import { sumOf } from '@trestle/statistics';
import type { WeighedFeature } from './finding.ts';

/** From which share of what the model uses a finding about features is critical, and a warning; below it is a note. */
const SHARES: Readonly<Record<string, readonly [critical: number, warning: number]>> = {
  // A broken feed is a fault of somebody's.
  quality: [0.1, 0.01],
  // A moved mean need not cost anything: what it costs is told by the performance.
  drift: [0.5, 0.05],
};

/**
 * How much a finding matters: predictions that became worse and feeds that stopped are critical; what features say is weighed by how much
 * the model uses them, and is a warning where that is not known.
 */
export function severityOf(kind: string, features: readonly WeighedFeature[]): Severity {
  const shares = SHARES[kind];
  if (!shares) return 'critical';
  const known = features.flatMap(({ importance }) => importance ?? []);
  if (known.length < features.length || features.length === 0) return 'warning';
  const share = sumOf(known);
  return share >= shares[0] ? 'critical' : share >= shares[1] ? 'warning' : 'info';
}

export const isWorse = (one: Severity, other: Severity): boolean =>
  SEVERITIES.indexOf(one) > SEVERITIES.indexOf(other);

export const worst = (severities: readonly Severity[]): Severity =>
  severities.reduce((found, one) => (isWorse(one, found) ? one : found), 'info');
