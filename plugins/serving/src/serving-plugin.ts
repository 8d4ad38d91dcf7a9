import {
  deploymentsToken,
  executors,
  modelPromoted,
  modelRolledBack,
  preparations,
  rolloutStrategies,
} from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { migrations, projection, projections } from '@trestle/store';
import { ownExecutors } from './executor/own-executors.ts';
import { explainedToken } from './explain/explained-token.ts';
import { servingGrpc } from './grpc-services.ts';
import { inferencePoolToken } from './inference/inference-pool-token.ts';
import { deployOperation } from './operations/deploy.ts';
import {
  deploymentAbort,
  deploymentList,
  deploymentPause,
  deploymentPromote,
  deploymentResume,
  deploymentRollback,
  deploymentShow,
  deploymentTop,
} from './operations/deployment.ts';
import { explainOperation } from './operations/explain.ts';
import { predictOperation } from './operations/predict.ts';
import { ab } from './rollout/ab.ts';
import { blueGreen } from './rollout/blue-green.ts';
import { canary } from './rollout/canary.ts';
import { immediate } from './rollout/immediate.ts';
import { shadow } from './rollout/shadow.ts';
import { inferenceProblem, servingRoutes } from './routes.ts';
import { servingConfig } from './serving-config.ts';
import { servingMetrics } from './serving-metrics.ts';
import { servingMigrations } from './serving-tables.ts';
import { routingToken } from './traffic/routing-token.ts';

/** Deployments, and predictions over HTTP or from files. */
export const servingPlugin = plugin({
  name: 'serving',
  version: '0.1.0',
  config: servingConfig,
  operations: [
    deployOperation,
    deploymentList,
    deploymentShow,
    deploymentTop,
    deploymentPause,
    deploymentResume,
    deploymentPromote,
    deploymentAbort,
    deploymentRollback,
    predictOperation,
    explainOperation,
  ],
  services: [
    provide(deploymentsToken, async (scope) =>
      (await import('./deployment/deployments-service.ts')).deploymentsService(scope),
    ),
    provide(routingToken, async (scope) => (await import('./traffic/routing.ts')).openRouting(scope)),
    provide(explainedToken, async (scope) =>
      (await import('./explain/explain-route.ts')).openExplained(scope),
    ),
    provide(inferencePoolToken, async (scope) =>
      (await import('./inference/pools.ts')).openInferencePools(scope),
    ),
  ],
  contributions: [
    ...[immediate, canary, blueGreen, shadow, ab].map((strategy) => contribute(rolloutStrategies, strategy)),
    contribute(preparations, {
      name: 'models that were asked lately',
      load: async () => (await import('./inference/warm-recent.ts')).warmRecent,
    }),
    ...ownExecutors.map((executor) => contribute(executors, executor)),
    ...servingMigrations.map((migration) => contribute(migrations, migration)),
    contribute(
      projections,
      projection(
        [modelPromoted, modelRolledBack],
        async () => (await import('./deployment/change-deployment.ts')).followAlias,
      ),
    ),
  ],
  schedules: [
    {
      name: 'judge-rollouts',
      every: 1_000,
      load: async () => (await import('./deployment/judge-rollouts.ts')).judgeRollouts,
    },
  ],
  routes: servingRoutes,
  grpc: servingGrpc,
  problemForms: [{ under: '/v2', body: inferenceProblem }],
  metrics: servingMetrics,
});
