import {
  alertFired,
  alertGrew,
  alertResolved,
  answersToken,
  driftTests,
  lineageSources,
  notifiers,
  predictionLogToken,
  resource,
} from '@trestle/contracts';
import { contribute, plugin, provide, subscribe } from '@trestle/kernel';
import { migrations } from '@trestle/store';
import { logNotifier } from './alert/notify-log.ts';
import { builtInDriftTests } from './drift/drift-tests.ts';
import { datasetReferencesToken } from './drift/reference.ts';
import { predictionSource } from './lineage/prediction-source.ts';
import { bufferedLogToken } from './log/buffered-log-token.ts';
import { importancesToken, modelFactsToken } from './model-facts.ts';
import { monitoringMetrics } from './monitoring-metrics.ts';
import { monitoringMigrations } from './monitoring-migrations.ts';
import { monitorAcknowledge, monitorAlerts } from './operations/alerts.ts';
import { monitorBudget, monitorPower } from './operations/budget.ts';
import { monitorCheck } from './operations/check.ts';
import { monitorDrift } from './operations/drift.ts';
import { monitorFeedback } from './operations/feedback.ts';
import {
  incidentAck,
  incidentResolve,
  incidentShow,
  incidentSilence,
  monitorIncidents,
} from './operations/incidents.ts';
import { monitorIngest } from './operations/ingest.ts';
import { monitorPerformance } from './operations/performance.ts';
import { monitorQuality } from './operations/quality.ts';
import { monitorStatus } from './operations/status.ts';
import { monitorRetrain } from './retrain/retrain-operation.ts';
import { monitoringConfig } from './rules/monitoring-config.ts';

/** How often the plugin looks whether a check is due; how often it checks is configured. */
const LOOK_EVERY_MS = 2_000;
/** How often it looks whether somebody is to be told of an alert. */
const DELIVER_EVERY_MS = 1_000;

/** Watches deployed models: keeps what was predicted, finds drift and decay, raises alerts, retrains. */
export const monitoringPlugin = plugin({
  name: 'monitoring',
  version: '0.1.0',
  config: monitoringConfig,
  operations: [
    monitorStatus,
    monitorDrift,
    monitorAlerts,
    monitorAcknowledge,
    monitorIncidents,
    incidentShow,
    incidentAck,
    incidentResolve,
    incidentSilence,
    monitorFeedback,
    monitorCheck,
    monitorRetrain,
    monitorIngest,
    monitorBudget,
    monitorPower,
    monitorQuality,
    monitorPerformance,
  ],
  services: [
    provide(bufferedLogToken, async (scope) =>
      (await import('./log/open-prediction-log.ts')).openPredictionLog(scope),
    ),
    provide(predictionLogToken, (scope) => scope.service(bufferedLogToken)),
    provide(answersToken, async (scope) => (await import('./log/answers.ts')).answersReader(scope)),
    provide(modelFactsToken, async (scope) =>
      (await import('./model/read-model-facts.ts')).modelFactsReader(scope),
    ),
    provide(importancesToken, async (scope) =>
      (await import('./model/feature-importance.ts')).importanceReader(scope),
    ),
    provide(datasetReferencesToken, async (scope) =>
      (await import('./drift/dataset-reference.ts')).datasetReferences(scope),
    ),
  ],
  contributions: [
    ...monitoringMigrations.map((migration) => contribute(migrations, migration)),
    contribute(lineageSources, predictionSource),
    contribute(notifiers, logNotifier),
    ...builtInDriftTests.map((test) => contribute(driftTests, test)),
  ],
  routes: [
    {
      method: 'POST',
      path: '/v1/feedback/:deployment',
      access: 'monitor:write',
      resource: ({ deployment = '' }) => resource('deployment', deployment),
      summary: 'Labels of earlier predictions: {"labels": [{"id", "row"?, "label"}]}.',
      maxBodyBytes: 4 * 2 ** 20,
      load: () => import('./feedback/feedback-route.ts').then((module) => module.feedbackRoute),
    },
    {
      method: 'POST',
      path: '/v1/log/:deployment',
      access: 'monitor:write',
      resource: ({ deployment = '' }) => resource('deployment', deployment),
      summary:
        'Predictions that were made elsewhere: {"predictions": [{"id", "time"?, "features", "prediction", "model_version"?}]}, JSON lines of them, or CloudEvents of KServe.',
      accepts: [
        'application/json',
        'application/x-ndjson',
        'application/jsonl',
        'application/cloudevents+json',
      ],
      unpacks: true,
      maxBodyBytes: 32 * 2 ** 20,
      load: () => import('./ingest/log-route.ts').then((module) => module.logRoute),
    },
  ],
  subscribers: [
    subscribe({
      name: 'notify',
      to: [alertFired, alertGrew, alertResolved],
      load: async () => (await import('./alert/notify.ts')).notify,
    }),
  ],
  schedules: [
    {
      name: 'check',
      every: LOOK_EVERY_MS,
      load: () => import('./schedules.ts').then((module) => module.checkDue),
    },
    {
      name: 'deliver',
      every: DELIVER_EVERY_MS,
      load: () => import('./schedules.ts').then((module) => module.deliver),
    },
    {
      name: 'prune',
      every: '17 */10 * * * *',
      load: () => import('./schedules.ts').then((module) => module.prune),
    },
  ],
  metrics: monitoringMetrics,
});

export default monitoringPlugin;
