import { resource } from '@trestle/contracts';
import { OPEN_ACCESS, type Problem, type Route } from '@trestle/kernel';

const openInference = () => import('./protocol/open-inference.ts');
const MAX_BODY_BYTES = 16 * 2 ** 20;

/** The protocol calls a deployment a model. */
const ofDeployment = ({ model = '', deployment = model }: Readonly<Record<string, string>>) =>
  resource('deployment', deployment);

const READ = { method: 'GET', access: 'serving:read' } as const;

/** The protocol's form of errors: `error` in words, and the members of our problem details beside it, for code and hint. */
export const inferenceProblem = (problem: Problem) => ({ error: problem.detail, ...problem });

/** Prediction over HTTP: our own protocol, and the Open Inference Protocol under /v2. */
export const servingRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/predict/:deployment',
    access: 'serving:predict',
    resource: ofDeployment,
    summary: 'Predictions for rows: {"rows": [{"feature": value}]}.',
    maxBodyBytes: MAX_BODY_BYTES,
    readsBytes: true,
    load: async () => (await import('./protocol/predict-route.ts')).predictRoute,
  },
  {
    method: 'POST',
    path: '/v1/explain/:deployment',
    access: 'serving:predict',
    resource: ofDeployment,
    summary: 'What each feature adds to what is said of rows: {"rows": [{"feature": value}]}.',
    load: async () => (await import('./explain/explain-route.ts')).explainRoute,
  },
  {
    ...READ,
    path: '/v2',
    summary: 'Server metadata.',
    load: async () => (await openInference()).serverMetadata,
  },
  {
    method: 'GET',
    path: '/v2/health/live',
    access: OPEN_ACCESS,
    summary: 'Whether the server is alive.',
    load: async () => (await openInference()).live,
  },
  {
    method: 'GET',
    path: '/v2/health/ready',
    access: OPEN_ACCESS,
    summary: 'Whether the server takes requests.',
    isReadiness: true,
    load: async () => (await openInference()).ready,
  },
  ...['/v2/models/:model', '/v2/models/:model/versions/:version'].flatMap((path): Route[] => [
    {
      ...READ,
      path,
      resource: ofDeployment,
      summary: 'Inputs and outputs of a deployment.',
      load: async () => (await openInference()).metadata,
    },
    {
      ...READ,
      path: `${path}/config`,
      resource: ofDeployment,
      summary: 'How a deployment is served, as Triton says it.',
      load: async () => (await openInference()).configuration,
    },
    {
      ...READ,
      path: `${path}/stats`,
      resource: ofDeployment,
      summary: 'What a deployment did in this process.',
      load: async () => (await openInference()).statistics,
    },
    {
      ...READ,
      path: `${path}/ready`,
      resource: ofDeployment,
      summary: 'Whether a deployment answers.',
      load: async () => (await openInference()).modelReady,
    },
    {
      method: 'POST',
      path: `${path}/infer`,
      access: 'serving:predict',
      resource: ofDeployment,
      summary: 'Inference with tensors as JSON or as bytes.',
      maxBodyBytes: MAX_BODY_BYTES,
      accepts: ['application/json', 'application/octet-stream', ''],
      unpacks: true,
      readsBytes: true,
      load: async () => (await openInference()).infer,
    },
  ]),
  {
    method: 'POST',
    path: '/v2/repository/index',
    access: 'serving:read',
    summary: 'Deployments, and whether their models are open in this process.',
    accepts: ['application/json', ''],
    load: async () => (await openInference()).index,
  },
  {
    method: 'POST',
    path: '/v2/repository/models/:model/load',
    access: 'serving:deploy',
    resource: ofDeployment,
    summary: 'Opens the model of a deployment in this process.',
    accepts: ['application/json', ''],
    load: async () => (await openInference()).load,
  },
  {
    method: 'POST',
    path: '/v2/repository/models/:model/unload',
    access: 'serving:deploy',
    resource: ofDeployment,
    summary: 'Closes the model of a deployment in this process; whoever asks for it opens it again.',
    accepts: ['application/json', ''],
    load: async () => (await openInference()).unload,
  },
];
