import { deploymentSchema, measureSchema, resource, resources, rolloutSchema } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deployedView, hereViews, rolloutNotes, rolloutViews, runsOnViews } from './deployment-view.ts';

const revisionSchema = z.object({
  revision: z.number(),
  model: z.string(),
  version: z.number(),
  follows: z.string().nullable(),
  kind: z.enum(['deployed', 'followed', 'rolled-back', 'promoted', 'challenger']),
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

/** A rollout with who decided what, on which numbers, and how these came to be. */
const rolloutDetailsSchema = rolloutSchema.extend({
  history: z.array(
    z.object({
      kind: z.string(),
      step: z.number(),
      share: z.number(),
      actor: z.string(),
      reasons: z.array(z.string()).readonly(),
      measures: z.array(measureSchema).readonly(),
      createdAt: z.string(),
    }),
  ),
  points: z.array(
    z.object({
      step: z.number(),
      requests: z.number(),
      measures: z.array(measureSchema).readonly(),
      time: z.string(),
    }),
  ),
});
/** What its versions did in the process that is asked; a server's, where one is. */
const hereSchema = z.object({
  version: z.number(),
  ...{ answered: z.number(), refused: z.number(), failed: z.number(), overloaded: z.number() },
  rows: z.number(),
  rowsPerCall: z.number().nullable(),
  /** Of a task on average, in milliseconds. */
  ...{ waitedMs: z.number().nullable(), ranMs: z.number().nullable() },
  /** Threads that have it open, and what it takes in all of them. */
  ...{ threads: z.number(), bytes: z.number() },
  setAsideUntil: z.string().optional(),
});

export type Here = readonly z.output<typeof hereSchema>[];
export type RunsOn = z.output<typeof runsOnSchema>;
export type RolloutDetails = z.infer<typeof rolloutDetailsSchema>;

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
  summary: 'Show a deployment, its revisions, and its latest rollout with the evidence.',
  kind: 'query',
  access: 'serving:read',
  resource: ({ deployment }) => resource('deployment', deployment),
  positionals: ['deployment'],
  input: deploymentInput,
  output: deploymentSchema.extend({
    runsOn: runsOnSchema,
    here: z.array(hereSchema),
    revisions: z.array(revisionSchema),
    latest: rolloutDetailsSchema.optional(),
  }),
  load: async () => (await import('./deploy-handler.ts')).showDeployment,
  present: (deployment) => [
    deployedView(deployment),
    ...runsOnViews(deployment.runsOn),
    ...hereViews(deployment.here),
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
    ...(deployment.latest ? rolloutViews(deployment.latest) : []),
  ],
});

export const deploymentRollback = operation({
  id: 'deployment.rollback',
  summary:
    'Return a deployment to the model that it served before; while a rollout is under way, to the champion.',
  kind: 'command',
  access: 'serving:deploy',
  resource: ({ deployment }) => resource('deployment', deployment),
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

const orderInput = deploymentInput.extend({
  reason: z.string().max(1_000).optional().describe('Why, for the history.'),
});

const order = <const Verb extends 'pause' | 'resume' | 'promote' | 'abort'>(verb: Verb, summary: string) =>
  operation({
    id: `deployment.${verb}` as const,
    summary,
    kind: 'command',
    access: 'serving:deploy',
    resource: ({ deployment }) => resource('deployment', deployment),
    positionals: ['deployment'],
    examples: [`trestle deployment ${verb} strikes`],
    input: orderInput,
    output: deploymentSchema,
    load: async () => {
      const { orderRollout } = await import('../deployment/change-rollout.ts');
      const { readDeployment } = await import('../deployment/deployments-service.ts');
      return async (ctx, { deployment, reason }) => {
        await orderRollout(ctx, ctx, deployment, verb, reason);
        return await readDeployment(ctx, deployment);
      };
    },
    present: (deployment) => [deployedView(deployment), ...rolloutNotes(deployment)],
  });

export const deploymentPause = order('pause', 'Hold a rollout at its step; harm still ends it.');
export const deploymentResume = order('resume', 'Let a paused rollout go on.');
export const deploymentPromote = order('promote', 'Let the challenger of a rollout serve now.');
export const deploymentAbort = order('abort', 'End a rollout: the champion serves on.');

export const deploymentTop = operation({
  id: 'deployment.top',
  summary: 'Watch what each revision answers, and how rollouts stand.',
  kind: 'query',
  access: 'serving:read',
  resource: ({ deployment }) => resources({ deployment }),
  positionals: ['deployment'],
  examples: ['trestle deployment top', 'trestle deployment top strikes'],
  refreshMs: 1_000,
  input: z.object({
    deployment: z.string().max(100).optional().describe('Only this deployment.'),
    seconds: z.coerce.number().int().min(1).max(3_600).default(10).describe('Of the last so many seconds.'),
  }),
  output: z.object({
    seconds: z.number(),
    revisions: z.array(
      z.object({
        deployment: z.string(),
        revision: z.number(),
        model: z.string(),
        role: z.enum(['champion', 'challenger', 'former']),
        requestsPerSecond: z.number(),
        p50Ms: z.number(),
        p95Ms: z.number(),
      }),
    ),
    deployments: z.array(deploymentSchema),
  }),
  load: async () => (await import('./deploy-handler.ts')).topDeployments,
  present: ({ seconds, revisions, deployments }) => [
    {
      kind: 'table',
      title: `The last ${seconds} s`,
      columns: [
        { key: 'deployment', label: 'deployment' },
        { key: 'model', label: 'model' },
        { key: 'role', label: '' },
        { key: 'requestsPerSecond', label: 'requests/s', align: 'right' },
        { key: 'p50Ms', label: 'p50 ms', align: 'right' },
        { key: 'p95Ms', label: 'p95 ms', align: 'right' },
      ],
      rows: revisions,
    },
    ...deployments.flatMap((deployment) => [
      ...rolloutNotes(deployment),
      ...(deployment.rollout
        ? [{ kind: 'text' as const, text: deployment.rollout.verdict.reasons.join('\n') }]
        : []),
    ]),
  ],
});
