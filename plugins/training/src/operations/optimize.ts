import { metricsSchema, resources } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';

const pair = z.object({ before: z.number(), after: z.number() });

export const modelOptimize = operation({
  id: 'model.optimize',
  summary:
    'Make a smaller or faster version of a registered model: its graph folded, its weights kept as smaller numbers.',
  kind: 'job',
  access: 'registry:write',
  resource: ({ model, data, calibrate }) => resources({ model, dataset: [data, calibrate] }),
  positionals: ['model'],
  examples: [
    'trestle model optimize strikes@champion',
    'trestle model optimize faces@3 --to int8 --data faces@2',
    'trestle model optimize faces@3 --to int8 --compute integers --calibrate faces@2 --data faces@2',
  ],
  input: z.object({
    model: z.string().max(250).describe('Model: name, name@3 or name@alias.'),
    to: z
      .enum(['float16', 'int8', 'int4'])
      .optional()
      .describe('How weights are kept; as they are when left out.'),
    compute: z
      .enum(['float32', 'integers'])
      .default('float32')
      .describe(
        'What products compute in; integers go with --to int8, and take the range of what comes from each batch.',
      ),
    calibrate: z
      .string()
      .optional()
      .describe(
        'Dataset, or dataset@version, on which those ranges are measured and fixed: faster, less exact elsewhere.',
      ),
    data: z
      .string()
      .optional()
      .describe('Dataset, or dataset@version: both versions are measured on it, and the difference decides.'),
    most: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe(
        'How much worse a metric may become, as a share of what it was; beyond, nothing is registered.',
      ),
  }),
  output: z.object({
    name: z.string(),
    version: z.number().int(),
    from: z.number().int().describe('The version that it was made from.'),
    digest: z.string(),
    size: pair.describe('Bytes of the package.'),
    golden: z
      .object({ examples: z.number().int(), changed: z.number().int() })
      .describe('Golden examples, and those that are answered otherwise now.'),
    speed: pair
      .nullable()
      .describe(
        'Milliseconds that the golden examples take together, the best of several runs; null without any.',
      ),
    metrics: z
      .object({ dataset: z.string(), before: metricsSchema, after: metricsSchema })
      .nullable()
      .describe('Null without a dataset.'),
    rules: z.record(z.string(), z.number()).describe('How often each rewriting has hit.'),
    weights: z.number().int().describe('Weights that are kept as smaller numbers now.'),
    integers: z.number().int().describe('Products and convolutions that compute in integers now.'),
    calibrated: z
      .object({ dataset: z.string(), rows: z.number().int() })
      .optional()
      .describe('What ranges were measured on; without it they are those of each batch.'),
    left: z.record(z.string(), z.string()).describe('Large weights that stay as they are, and why.'),
  }),
  load: async () => (await import('./optimize-handler.ts')).optimizeModel,
  present: (result): readonly View[] => [
    {
      kind: 'note',
      tone: 'good',
      text: `${result.name}@${result.version} is registered, made from ${result.name}@${result.from}.`,
    },
    {
      kind: 'table',
      title: 'Difference',
      columns: [
        { key: 'what', label: 'what' },
        { key: 'before', label: `${result.name}@${result.from}`, align: 'right' },
        { key: 'after', label: `${result.name}@${result.version}`, align: 'right' },
      ],
      rows: [
        { what: 'bytes', ...result.size },
        ...(result.speed ? [{ what: 'ms for the golden examples', ...result.speed }] : []),
        ...Object.entries(result.metrics?.after ?? {}).map(([what, after]) => ({
          what: `${what} on ${result.metrics?.dataset}`,
          before: result.metrics?.before[what],
          after,
        })),
      ],
    },
    {
      kind: 'facts',
      facts: [
        ...Object.entries(result.rules).map(([rule, hits]) => [rule, hits] as const),
        ['weights kept smaller', result.weights],
        ...(result.integers > 0 ? [['products in integers', result.integers] as const] : []),
        ['golden examples answered otherwise', `${result.golden.changed} of ${result.golden.examples}`],
      ],
    },
    ...(result.integers > 0 && !result.calibrated
      ? [
          {
            kind: 'note',
            tone: 'info',
            text: 'What a row is answered depends a little on the rows that are asked with it: ranges are those of the batch. --calibrate fixes them.',
          } as const,
        ]
      : []),
    ...Object.entries(result.left)
      .slice(0, 10)
      .map(
        ([weight, why]): View => ({
          kind: 'note',
          tone: 'info',
          text: `"${weight}" stays as it is: ${why}.`,
        }),
      ),
  ],
});
