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
    executor: z
      .string()
      .max(100)
      .optional()
      .describe(
        'Where its graph runs: core, onnxruntime, auto, or one of a plugin; as before when left out.',
      ),
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

/** Where the graph of a deployment's model runs. */
const runsOnSchema = z.object({
  /** What the deployment or the configuration says: a name, or `auto`. */
  wanted: z.string(),
  /** What it is; of `auto` what a process chose last, undefined before the first request. */
  executor: z.string().optional(),
  /** What `auto` measured on the golden examples. */
  measured: z
    .array(
      z.object({
        executor: z.string(),
        agrees: z.boolean(),
        ms: z.number().optional(),
        detail: z.string(),
      }),
    )
    .default([]),
  host: z.string().optional(),
  chosenAt: z.string().optional(),
});

const runsOnViews = ({
  wanted,
  executor,
  measured,
  host,
  chosenAt,
}: z.output<typeof runsOnSchema>): View[] => [
  {
    kind: 'note',
    tone: 'info',
    text:
      executor === undefined
        ? 'Where it runs is measured with the first request (executor "auto").'
        : `It runs on ${executor}${wanted === executor ? '' : `, chosen on ${host} at ${chosenAt} (executor "${wanted}")`}.`,
  },
  ...(measured.length === 0
    ? []
    : [
        {
          kind: 'table' as const,
          title: 'Executors',
          columns: [
            { key: 'executor', label: 'executor' },
            { key: 'agrees', label: 'agrees' },
            { key: 'detail', label: 'found' },
          ],
          rows: measured.map(({ executor: name, agrees, detail }) => ({
            executor: name,
            agrees: agrees ? 'yes' : 'no',
            detail,
          })),
        },
      ]),
];

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
  output: deploymentSchema.extend({ runsOn: runsOnSchema, revisions: z.array(revisionSchema) }),
  load: async () => (await import('./deploy-handler.ts')).showDeployment,
  present: (deployment) => [
    deployedView(deployment),
    ...runsOnViews(deployment.runsOn),
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
