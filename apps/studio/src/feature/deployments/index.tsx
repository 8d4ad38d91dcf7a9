import type { Feature } from '../../frame/feature.ts';
import { to } from '../../frame/route.ts';
import { ask } from '../../frame/use-query.ts';
import { DeploymentPage } from './deployment.tsx';
import { DeploymentsPage } from './deployments.tsx';

export const deployments: Feature = {
  section: 'deployments',
  title: 'Deployments',
  page: ([name]) => (name === undefined ? <DeploymentsPage /> : <DeploymentPage name={name} />),
  async places() {
    const list = await ask('monitor.status', {});
    return list.deployments.map(({ deployment }) => ({
      name: deployment,
      kind: 'deployment',
      href: to('deployments', deployment),
    }));
  },
};
