import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import type { Finding } from '../incident/finding.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import type { MonitoringTables } from '../tables.ts';
import type { Watched } from '../watched.ts';

/** From this share on it is critical. */
const CRITICAL = 0.2;
const MAX_CODES = 3;

/** Whether the newest requests were answered: of those that were not for no fault of the caller's. */
export async function servingFinding(scope: Scope, { deployment, model }: Watched): Promise<Finding> {
  const { window, maxFailures, minFailures } = rulesOf(scope.config(monitoringConfig), deployment).serving;
  const since = new Date(Date.now() - window).toISOString();
  const db = (await scope.service(metadataToken)).query<MonitoringTables>();
  const codes = await db
    .selectFrom('monitoring_failures')
    .select((eb) => ['code', eb.fn.sum<number>('failures').as('failures')])
    .where('deployment', '=', deployment)
    .where('minute', '>=', since)
    .groupBy('code')
    .execute();
  const { answered } = await db
    .selectFrom('monitoring_predictions')
    .select((eb) => eb.fn.countAll<number>().as('answered'))
    .where('deployment', '=', deployment)
    .where('model', '=', model.name)
    .where('version', '=', model.version)
    .where('time', '>=', since)
    .executeTakeFirstOrThrow();
  const byCode = codes
    .map(({ code, failures }) => ({ code, failures: Number(failures) }))
    .toSorted((a, b) => b.failures - a.failures);
  const failed = byCode.reduce((sum, { failures }) => sum + failures, 0);
  const requests = failed + Number(answered);
  const share = requests === 0 ? 0 : failed / requests;
  const isBad = failed >= minFailures && share >= maxFailures;
  const named = byCode.slice(0, MAX_CODES).map(({ code, failures }) => `${code} ${failures}`);
  return {
    kind: 'serving',
    // Without requests nothing is known.
    verdict: isBad ? 'bad' : requests > 0 ? 'good' : 'open',
    summary: isBad
      ? `${failed} of ${requests} requests of the last ${window / 60_000} minutes were not answered (${named.join(', ')}).`
      : `${Number(answered)} of ${requests} requests of the last ${window / 60_000} minutes were answered.`,
    features: [],
    severity: share >= CRITICAL ? 'critical' : 'warning',
    details: { failed, requests, codes: byCode },
  };
}
