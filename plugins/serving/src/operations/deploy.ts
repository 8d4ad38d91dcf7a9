import { deploymentSchema, NAME_PATTERN, resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deployedView, rolloutNotes } from './deployment-view.ts';

export const deployOperation = operation({
  id: 'deploy',
  summary: 'Deploy a model version, or an alias that the deployment then follows.',
  kind: 'command',
  access: 'serving:deploy',
  resource: ({ model, name }) => resources({ model, deployment: name ?? model }),
  positionals: ['model'],
  examples: [
    'trestle deploy strikes@champion',
    'trestle deploy strikes@3 --name strikes-pinned',
    'trestle deploy strikes@4 --strategy canary --steps 1,5,25,100',
    'trestle deploy strikes@4 --strategy shadow --dry-run',
  ],
  input: z.object({
    model: z.string().max(250).describe('Model: name, name@3 or name@alias.'),
    name: z
      .string()
      .regex(NAME_PATTERN, 'a name holds letters, digits, dots, dashes and underscores')
      .optional()
      .describe('The deployment; the model’s name when left out.'),
    strategy: z
      .string()
      .max(100)
      .default('immediate')
      .describe('How traffic moves to it: immediate, canary, blue-green, shadow, ab, or a plugin’s own.'),
    steps: z
      .array(z.string().max(20))
      .max(50)
      .optional()
      .describe('Of a canary: percentages of the traffic, or "auto".'),
    traffic: z.coerce
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('Of a shadow or an A/B test: its share of the traffic, in percent.'),
    alpha: z.coerce.number().optional().describe('The chance of a wrong verdict; 0.01 when left out.'),
    metric: z
      .string()
      .max(100)
      .optional()
      .describe('"labels": no promotion before labels have shown that it is no worse.'),
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
    stickyHeader: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,100}$/, 'a header holds letters, digits and dashes')
      .optional()
      .describe(
        'Requests with equal values of this header get the same version, and count once; x-trestle-key when left out.',
      ),
    dryRun: z
      .boolean()
      .default(false)
      .describe('Check everything, say what would happen, and change nothing.'),
  }),
  output: deploymentSchema.extend({
    /** What is going to happen. */
    plan: z.array(z.string()).optional(),
    /** What it takes and answers otherwise than the version that serves. */
    differs: z.array(z.string()).optional(),
    dryRun: z.boolean().optional(),
  }),
  load: async () => (await import('./deploy-handler.ts')).deploy,
  present: (deployment) => [
    ...(deployment.dryRun
      ? [{ kind: 'note' as const, tone: 'info' as const, text: 'Nothing was changed.' }]
      : [deployedView(deployment)]),
    ...rolloutNotes(deployment),
    ...(deployment.differs ?? []).map((text) => ({ kind: 'note', tone: 'warn', text }) as const),
    ...(deployment.plan ? [{ kind: 'text' as const, text: deployment.plan.join('\n') }] : []),
    {
      kind: 'note',
      tone: 'info',
      text: `POST /v1/predict/${deployment.deployment} answers while "trestle serve" runs.`,
    },
  ],
});
