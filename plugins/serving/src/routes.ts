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
];
