import { type Alert, alertSchema } from '@trestle/contracts';
import { fits } from '@trestle/store';
import type { MonitoringTables } from '../tables.ts';

export type AlertRow = MonitoringTables['monitoring_alerts'];

/** An alert whose record cannot be read is shown as such: it must not hide the others. */
export function alertOf(row: AlertRow): Alert {
  const read = fits(alertSchema, partsOf(row));
  if (read.value) return read.value;
  return {
    alert: row.id,
    deployment: row.deployment,
    kind: 'unknown',
    severity: 'warning',
    state: row.open_key === null ? 'resolved' : 'open',
    model: { name: row.model, version: row.version },
    features: [],
    summary: `The record of this alert cannot be read: ${read.unreadable}. It says: ${row.summary}`,
    openedAt: row.opened_at,
  };
}

function partsOf(row: AlertRow) {
  return {
    alert: row.id,
    deployment: row.deployment,
    kind: row.kind,
    severity: row.severity ?? 'warning',
    state: row.state,
    model: { name: row.model, version: row.version },
    features: namesOf(row.features),
    ...(row.incident === null ? {} : { incident: row.incident }),
    summary: row.summary,
    openedAt: row.opened_at,
    ...(row.acknowledged_by === null ? {} : { acknowledgedBy: row.acknowledged_by }),
    ...(row.resolved_at === null ? {} : { resolvedAt: row.resolved_at }),
    ...(row.resolution === null ? {} : { resolution: row.resolution }),
    ...(row.job === null ? {} : { job: row.job }),
  };
}

/** What is no JSON stays a text, which the schema names. */
function namesOf(text: string | null): unknown {
  if (text === null) return [];
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
