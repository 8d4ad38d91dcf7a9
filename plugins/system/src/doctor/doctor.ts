import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { doctorViews } from './doctor-views.ts';

const problemSchema = z.object({
  /** `error`: something required does not work; `warning`: something optional is missing. */
  severity: z.enum(['error', 'warning']),
  what: z.string(),
  hint: z.string(),
});
export type DoctorProblem = z.infer<typeof problemSchema>;

export const doctorOutput = z.object({
  ok: z.boolean(),
  node: z.object({ version: z.string(), required: z.string(), platform: z.string() }),
  devices: z.array(
    z.object({
      name: z.string(),
      available: z.boolean(),
      /** The adapter, or the reason why there is none. */
      description: z.string(),
    }),
  ),
  cpu: z.object({ threads: z.number().int(), wasm: z.record(z.string(), z.boolean()) }),
  store: z.object({
    /** Also where there is no project, and no store yet: a problem says that. */
    ok: z.boolean(),
    engine: z.string().optional(),
    location: z.string(),
    metadataBytes: z.number().optional(),
    freeBytes: z.number().optional(),
    reserveBytes: z.number().optional(),
    blobs: z
      .object({ engine: z.string(), location: z.string(), count: z.number().int(), bytes: z.number() })
      .optional(),
    audit: z.object({ ok: z.boolean(), events: z.number().int(), head: z.string() }).optional(),
  }),
  plugins: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      operations: z.number().int(),
      /** Services of other plugins that it provides in their place: `store.database of store`. */
      replaces: z.array(z.string()),
    }),
  ),
  problems: z.array(problemSchema),
});
export type DoctorOutput = z.infer<typeof doctorOutput>;

/** What works here, and what does not. */
export const doctor = operation({
  id: 'doctor',
  summary: 'Check the runtime, the devices, the store, the audit log and the plugins.',
  kind: 'query',
  access: 'system:read',
  input: z.object({
    deep: z.boolean().default(false).describe('also read every blob and compare it with its digest'),
  }),
  output: doctorOutput,
  load: () => import('./examine.ts').then((module) => module.examine),
  verdict: ({ ok }) => ok,
  present: doctorViews,
});
