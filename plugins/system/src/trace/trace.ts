import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { traceViews } from './trace-views.ts';

export const traceOutput = z.object({
  /** What was traced. */
  ref: z.string(),
  /** Other things of the same name. */
  also: z.array(z.string()),
  nodes: z.array(
    z.object({
      ref: z.string(),
      kind: z.string(),
      /** Steps away from what was traced: negative is what it was made from, positive what it went into. */
      distance: z.number().int(),
      /** The event that tells of it, if there is one. */
      event: z
        .object({ seq: z.number().int(), type: z.string(), time: z.string(), actor: z.string() })
        .optional(),
    }),
  ),
  /** `from` went into the making of `to`. */
  edges: z.array(
    z.object({ from: z.string(), to: z.string(), kind: z.string(), time: z.string().optional() }),
  ),
  /** True when there is more than was asked for. */
  truncated: z.boolean(),
});
export type TraceOutput = z.infer<typeof traceOutput>;

/** The lineage of anything, both ways. */
export const trace = operation({
  id: 'trace',
  summary:
    'Show what something was made from and what it went into: a prediction, deployment, model, run or dataset.',
  kind: 'query',
  access: 'lineage:read',
  examples: ['trestle trace p-0c9f3a…', 'trestle trace strikes@champion', 'trestle trace dataset:strikes@1'],
  input: z.object({
    ref: z
      .string()
      .min(1)
      .max(300)
      .describe('p-…, r-…, name@3, model:name@champion, dataset:name, file:SHA-256'),
    limit: z.number().int().min(1).max(5_000).default(500).describe('at most this many things'),
  }),
  positionals: ['ref'],
  output: traceOutput,
  load: () => import('./trace-lineage.ts').then((module) => module.traceLineage),
  present: traceViews,
});
