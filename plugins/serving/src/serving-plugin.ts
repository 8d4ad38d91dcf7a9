import {
  deploymentsToken,
  executors,
  modelPromoted,
  modelRolledBack,
  rolloutStrategies,
} from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { migrations, projection, projections } from '@trestle/store';
import { ownExecutors } from './executor/own-executors.ts';
import { servingGrpc } from './grpc-services.ts';
import { inferencePoolToken } from './inference/inference-pool-token.ts';
import { routingToken } from './inference/routing-token.ts';
import { deploymentList, deploymentRollback, deploymentShow, deployOperation } from './operations/deploy.ts';
import { predictOperation } from './operations/predict.ts';
import { immediate } from './rollout/immediate.ts';
import { inferenceProblem, servingRoutes } from './routes.ts';
import { servingConfig } from './serving-config.ts';
import { servingMetrics } from './serving-metrics.ts';
import { servingMigrations } from './serving-tables.ts';

/** Deployments, and predictions over HTTP or from files. */
export const servingPlugin = plugin({
  name: 'serving',
  version: '0.1.0',
  config: servingConfig,
  operations: [deployOperation, deploymentList, deploymentShow, deploymentRollback, predictOperation],
  services: [
    provide(deploymentsToken, async (scope) =>
      (await import('./deployment/deployments-service.ts')).deploymentsService(scope),
    ),
    provide(routingToken, async (scope) => (await import('./inference/routing.ts')).openRouting(scope)),
    provide(inferencePoolToken, async (scope) =>
      (await import('./inference/inference-pool.ts')).openInferencePool(scope),
    ),
  ],
  contributions: [
    contribute(rolloutStrategies, immediate),
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
  routes: servingRoutes,
  grpc: servingGrpc,
  problemForms: [{ under: '/v2', body: inferenceProblem }],
  metrics: servingMetrics,
});
