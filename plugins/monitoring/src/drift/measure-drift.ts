import { datasetsToken, driftTests } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { metadataToken } from '@trestle/store';
import { readWindow } from '../log/read-window.ts';
import { type ModelFacts, modelFactsToken } from '../model-facts.ts';
import { monitorError } from '../monitor-error.ts';
import { scoreOf } from '../performance/read-output.ts';
import { monitoringConfig, rulesOf } from '../rules/monitoring-config.ts';
import type { Watched } from '../watched.ts';
import { compareSamples } from './compare-samples.ts';
import type { DriftReport } from './drift-report.ts';
import { type DriftReference, datasetReferencesToken } from './reference.ts';
import { TRAINING, watchedReference } from './watched-reference.ts';

type Rows = Awaited<ReturnType<typeof readWindow>>;

/**
 * Compares the newest rows that the deployed model answered with its training reference, or with a dataset version. Rows of
 * earlier models do not count: their scores say nothing of this one.
 *
 * @param against a dataset version; what the configuration says, else the training part, when left out
 */
export async function measureDrift(
  scope: Scope,
  deployment: Watched,
  against?: string,
): Promise<DriftReport> {
  const metadata = await scope.service(metadataToken);
  const facts = await (await scope.service(modelFactsToken)).of(deployment.model);
  const thresholds = rulesOf(scope.config(monitoringConfig), deployment.deployment).drift;
  const rows = await readWindow(metadata, deployment, thresholds.windowRows);
  const [newest, oldest] = [rows[0], rows.at(-1)];
  const own = against === undefined ? await watchedReference(scope, deployment) : undefined;
  const version =
    against === undefined ? undefined : await (await scope.service(datasetsToken)).resolve(against);
  const compared = version
    ? `${version.dataset}@${version.version}`
    : own && own.name !== TRAINING
      ? own.name
      : undefined;
  const report = {
    deployment: deployment.deployment,
    model: { name: deployment.model.name, version: deployment.model.version },
    checkedAt: new Date().toISOString(),
    window: {
      rows: rows.length,
      minRows: thresholds.minRows,
      ...(newest && oldest ? { from: oldest.time, to: newest.time } : {}),
    },
    ...(compared === undefined ? {} : { against: compared }),
  };
  if (compared === undefined && !own)
    return { ...report, state: 'no-reference', drifted: false, features: [] };
  if (rows.length < thresholds.minRows) return { ...report, state: 'waiting', drifted: false, features: [] };
  const reference =
    own?.reference ?? (compared === undefined ? undefined : await referenceIn(scope, compared, facts, rows));
  const features = compareSamples(
    {
      features: (reference?.features ?? []).filter((feature) => !thresholds.ignore.includes(feature.name)),
      score: reference?.score,
    },
    rows.map((row) => row.input),
    rows.map((row) => scoreOf(facts, row.output)).filter((score) => score !== undefined),
    thresholds,
    scope.extensions(driftTests),
  );
  const drifted = features.some((feature) => feature.drifted);
  return { ...report, state: drifted ? 'drifted' : 'ok', drifted, features };
}

/** Features as a dataset version has them: those that the model was trained on, or else those that it is asked with. */
async function referenceIn(
  scope: Scope,
  version: string,
  { reference }: ModelFacts,
  rows: Rows,
): Promise<DriftReference> {
  const names = reference
    ? reference.features.map(({ name }) => name)
    : rows.flatMap(({ input }) => Object.keys(input));
  const found = await (await scope.service(datasetReferencesToken)).of(version, new Set(names));
  if (found.features.length === 0) {
    throw monitorError('NO_FEATURES', {
      kind: 'invalid',
      message: `${version} has no column that is a feature of the model.`,
      hint: `See "trestle data show ${version}" for its columns.`,
    });
  }
  return { ...found, score: reference?.score };
}
