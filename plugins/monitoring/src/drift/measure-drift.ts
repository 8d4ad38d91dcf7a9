import type { Deployment } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { readWindow } from '../log/read-window.ts';
import { modelFactsToken } from '../model-facts.ts';
import { monitoringConfig, rulesOf } from '../monitoring-config.ts';
import { scoreOf } from '../performance/read-output.ts';
import { compareSamples } from './compare-samples.ts';
import type { DriftReport } from './drift-report.ts';

/**
 * Compares the newest rows that the deployed model answered with its training reference. Rows of earlier models do not
 * count: their scores say nothing of this one.
 */
export async function measureDrift(scope: Scope, deployment: Deployment): Promise<DriftReport> {
  const metadata = await scope.service(metadataToken);
  const facts = await (await scope.service(modelFactsToken)).of(deployment.model);
  const thresholds = rulesOf(scope.config(monitoringConfig), deployment.deployment).drift;
  const rows = await readWindow(metadata, deployment, thresholds.windowRows);
  const [newest, oldest] = [rows[0], rows.at(-1)];
  const report = {
    deployment: deployment.deployment,
    model: { name: deployment.model.name, version: deployment.model.version },
    checkedAt: new Date().toISOString(),
    window: {
      rows: rows.length,
      minRows: thresholds.minRows,
      ...(newest && oldest ? { from: oldest.time, to: newest.time } : {}),
    },
  };
  if (!facts.reference) return { ...report, state: 'no-reference', drifted: false, features: [] };
  if (rows.length < thresholds.minRows) return { ...report, state: 'waiting', drifted: false, features: [] };
  const features = compareSamples(
    {
      features: facts.reference.features.filter((feature) => !thresholds.ignore.includes(feature.name)),
      score: facts.reference.score,
    },
    rows.map((row) => row.input),
    rows.map((row) => scoreOf(facts, row.output)).filter((score) => score !== undefined),
    thresholds,
  );
  const drifted = features.some((feature) => feature.drifted);
  return { ...report, state: drifted ? 'drifted' : 'ok', drifted, features };
}
