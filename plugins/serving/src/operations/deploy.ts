import { deploymentSchema, NAME_PATTERN } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

const deployedView = (deployment: z.infer<typeof deploymentSchema>): View => ({
  kind: 'note',
  tone: 'good',
  text: `${deployment.deployment} (revision ${deployment.revision}) serves ${deployment.model.name}@${deployment.model.version}${
    deployment.follows === undefined ? '' : ` and follows "${deployment.follows}"`
  }.`,
});

export const deployOperation = operation({
  id: 'deploy',
  summary: 'Deploy a model version, or an alias that the deployment then follows.',
  kind: 'command',
  access: 'serving:deploy',
  positionals: ['model'],
  examples: ['trestle deploy strikes@champion', 'trestle deploy strikes@3 --name strikes-pinned'],
  input: z.object({
    model: z.string().max(250).describe('Model: name, name@3 or name@alias.'),
    name: z
      .string()
      .regex(NAME_PATTERN, 'a name holds letters, digits, dots, dashes and underscores')
      .optional()
      .describe('The deployment; the model’s name when left out.'),
    strategy: z.string().max(100).default('immediate').describe('How traffic moves to it.'),
    traffic: z.coerce.number().min(0).max(100).optional().describe('Its share of the traffic, in percent.'),
    options: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('Further options of the strategy, as JSON.'),
  }),
  output: deploymentSchema,
  load: async () => (await import('./deploy-handler.ts')).deploy,
  present: (deployment) => [
    deployedView(deployment),
    {
      kind: 'note',
      tone: 'info',
      text: `POST /v1/predict/${deployment.deployment} answers while "trestle serve" runs.`,
    },
  ],
});

const revisionSchema = z.object({
  revision: z.number(),
  model: z.string(),
  version: z.number(),
  follows: z.string().nullable(),
  kind: z.enum(['deployed', 'followed', 'rolled-back']),
  actor: z.string(),
  createdAt: z.string(),
});

export const deploymentList = operation({
  id: 'deployment.list',
  summary: 'List deployments and what they serve.',
  kind: 'query',
  access: 'serving:read',
  input: z.object({}),
  output: z.object({ deployments: z.array(deploymentSchema) }),
  load: async () => (await import('./deploy-handler.ts')).listDeployments,
  present: ({ deployments }) => [
    {
      kind: 'table',
      columns: [
        { key: 'deployment', label: 'deployment' },
        { key: 'revision', label: 'revision', align: 'right' },
        { key: 'model', label: 'model' },
        { key: 'follows', label: 'follows' },
        { key: 'strategy', label: 'strategy' },
        { key: 'createdAt', label: 'since' },
      ],
      rows: deployments.map(({ deployment, revision, model, follows, strategy, createdAt }) => ({
        deployment,
        revision,
        model: `${model.name}@${model.version}`,
        follows,
        strategy,
        createdAt,
      })),
    },
  ],
});

const deploymentInput = z.object({ deployment: z.string().max(100).describe('Deployment.') });

export const deploymentShow = operation({
  id: 'deployment.show',
  summary: 'Show a deployment and its revisions.',
  kind: 'query',
  access: 'serving:read',
  positionals: ['deployment'],
  input: deploymentInput,
  output: deploymentSchema.extend({ revisions: z.array(revisionSchema) }),
  load: async () => (await import('./deploy-handler.ts')).showDeployment,
  present: (deployment) => [
    deployedView(deployment),
    {
      kind: 'table',
      title: 'Revisions',
      columns: [
        { key: 'revision', label: 'revision', align: 'right' },
        { key: 'model', label: 'model' },
        { key: 'kind', label: 'how' },
        { key: 'follows', label: 'follows' },
        { key: 'actor', label: 'by' },
        { key: 'createdAt', label: 'since' },
      ],
      rows: deployment.revisions.map((one) => ({ ...one, model: `${one.model}@${one.version}` })),
    },
  ],
});

export const deploymentRollback = operation({
  id: 'deployment.rollback',
  summary: 'Return a deployment to the model that it served before; it follows no alias then.',
  kind: 'command',
  access: 'serving:deploy',
  positionals: ['deployment'],
  examples: ['trestle deployment rollback strikes'],
  input: deploymentInput,
  output: deploymentSchema,
  load: async () => {
    const { rollBackDeployment } = await import('../deployment/change-deployment.ts');
    return (ctx, { deployment }) => rollBackDeployment(ctx, ctx, deployment);
  },
  present: (deployment) => [deployedView(deployment)],
});
