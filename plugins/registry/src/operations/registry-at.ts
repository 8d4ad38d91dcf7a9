import { operation } from '@trestle/kernel';
import { z } from 'zod';

/** Who brought it about, and when. */
const sinceSchema = z.object({ since: z.string(), by: z.string() });

const aliasAtSchema = sinceSchema.extend({ model: z.string(), alias: z.string(), version: z.number().int() });

const deploymentAtSchema = sinceSchema.extend({
  deployment: z.string(),
  revision: z.number().int(),
  model: z.string(),
  version: z.number().int(),
  /** The alias that it followed. */
  follows: z.string().nullable(),
  /** Of the package that served, the training that made it and what it was trained on; null where it is not known. */
  digest: z.string().nullable(),
  run: z.string().nullable(),
  dataset: z.string().nullable(),
  /** What a rollout tried beside it, and its share of the requests. */
  challenger: z
    .object({ model: z.string(), version: z.number().int(), share: z.number(), mirrored: z.number() })
    .nullable(),
});

const output = z.object({
  time: z.string(),
  /** The log up to that time: how many entries, and the hash of the last. */
  log: z.object({ seq: z.number().int(), head: z.string().nullable() }),
  models: z.array(
    z.object({
      model: z.string(),
      versions: z.number().int(),
      newest: z.number().int(),
      registeredAt: z.string(),
    }),
  ),
  aliases: z.array(aliasAtSchema),
  deployments: z.array(deploymentAtSchema),
  /** Entries that cannot be read: what they told is not in it. */
  unreadable: z.array(z.number().int()),
});
export type RegistryAt = z.output<typeof output>;

/** What served, at any time: the answer to an auditor. */
export const registryAt = operation({
  id: 'registry.at',
  summary: 'Show models, aliases and deployments as they were at a time, and who had made them so.',
  kind: 'query',
  access: 'registry:read',
  input: z.object({
    time: z
      .string()
      .refine((text) => Number.isFinite(Date.parse(text)), 'write a time such as 2026-03-03T12:00Z')
      .refine(
        (text) => /T.*(?:Z|[+-]\d\d:?\d\d)$/.test(text),
        'say the zone, as in 2026-03-03T12:00Z or 2026-03-03T12:00+01:00',
      )
      .describe('a time with its zone, 2026-03-03T12:00Z'),
  }),
  positionals: ['time'],
  output,
  examples: ['trestle registry at 2026-03-03T12:00Z'],
  load: () => import('../history/registry-at.ts').then((module) => module.showRegistryAt),
  present: ({ time, log, models, aliases, deployments, unreadable }) => [
    {
      kind: 'facts',
      title: `As it was at ${time}`,
      facts: [
        ['models', String(models.length)],
        ['log', log.head === null ? 'nothing was recorded yet' : `${log.seq} entries, ends at ${log.head}`],
      ],
    },
    ...(unreadable.length === 0
      ? []
      : [
          {
            kind: 'note' as const,
            tone: 'bad' as const,
            text: `${unreadable.length} entries of the log cannot be read (${unreadable.slice(0, 10).join(', ')}); what they told is missing here.`,
          },
        ]),
    {
      kind: 'table',
      title: 'Deployments',
      columns: [
        { key: 'deployment', label: 'deployment' },
        { key: 'serves', label: 'served' },
        { key: 'follows', label: 'follows' },
        { key: 'dataset', label: 'trained on' },
        { key: 'beside', label: 'beside it' },
        { key: 'since', label: 'since' },
        { key: 'by', label: 'by' },
      ],
      rows: deployments.map(({ challenger, model, version, ...one }) => ({
        ...one,
        serves: `${model}@${version}`,
        beside:
          challenger && `${challenger.model}@${challenger.version}, ${Math.round(100 * challenger.share)} %`,
      })),
    },
    {
      kind: 'table',
      title: 'Aliases',
      columns: [
        { key: 'model', label: 'model' },
        { key: 'alias', label: 'alias' },
        { key: 'version', label: 'version', align: 'right' },
        { key: 'since', label: 'since' },
        { key: 'by', label: 'by' },
      ],
      rows: aliases,
    },
  ],
});
