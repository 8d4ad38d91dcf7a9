import { type Deployment, deploymentsToken } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';
import { monitoringConfig } from './rules/monitoring-config.ts';

/** The model of a monitor: whichever version made a prediction, it is one stream. */
export const ELSEWHERE = 0;

/** What is watched: a deployment, or a model that runs elsewhere and is declared in the configuration. */
export type Watched = Pick<Deployment, 'deployment' | 'revision'> & {
  readonly model: Pick<Deployment['model'], 'name' | 'version'>;
};

const monitorOf = (name: string): Watched => ({
  deployment: name,
  revision: ELSEWHERE,
  model: { name, version: ELSEWHERE },
});

export const isElsewhere = ({ model }: Pick<Watched, 'model'>): boolean => model.version === ELSEWHERE;

/** @throws TRS_SERVING_UNKNOWN_DEPLOYMENT */
export async function watchedOf(scope: Scope, name: string): Promise<Watched> {
  if (name in scope.config(monitoringConfig).monitors) return monitorOf(name);
  return await (await scope.service(deploymentsToken)).get(name);
}

export async function allWatched(scope: Scope): Promise<readonly Watched[]> {
  const monitors = Object.keys(scope.config(monitoringConfig).monitors);
  const deployments = await (await scope.service(deploymentsToken)).list();
  return [
    ...monitors.map(monitorOf),
    ...deployments.filter(({ deployment }) => !monitors.includes(deployment)),
  ];
}
