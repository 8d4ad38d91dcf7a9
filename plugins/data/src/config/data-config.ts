import { configSection, secret } from '@trestle/kernel';
import { z } from 'zod';
import { pipelineSchema } from './steps.ts';

export const dataConfig = configSection(
  'data',
  z.strictObject({
    /** What the query engine may use of the memory, in MiB; beyond it, it spills to the disk. */
    memoryMiB: z.number().int().min(64).default(1_024),
    threads: z.number().int().min(1).max(256).default(2),
    /** Hosts with private addresses from which `data add URL` may fetch. */
    allowPrivateHosts: z.array(z.string()).default([]),
    /** Databases and buckets that callers of the server may add from, with its credentials: `postgres://db:5432`, `s3://bucket`. */
    allowSources: z.array(z.string()).default([]),
    /** The largest download and the largest extracted file, in bytes. */
    maxSourceBytes: z
      .number()
      .int()
      .min(1)
      .default(4 * 2 ** 30),
    /** What one query of a user (`data query`) may take. */
    query: z
      .strictObject({
        timeoutMs: z.number().int().min(100).default(30_000),
        memoryMiB: z.number().int().min(64).default(512),
        threads: z.number().int().min(1).max(256).default(2),
        /** Queries that run at once; more are refused. */
        concurrency: z.number().int().min(1).default(4),
      })
      .prefault({}),
    /** How long a query that a caller of the server has made into a version (`data transform`) may take. */
    transformTimeoutMs: z.number().int().min(100).default(600_000),
    /** Made with `pipeline(…)`. */
    pipelines: z
      .array(pipelineSchema)
      .refine(
        (list) => new Set(list.map(({ name }) => name)).size === list.length,
        'two pipelines have one name',
      )
      .default([]),
    /** Where lineage is told in the form of OpenLineage, while a server or worker runs; nowhere when left out. */
    openLineage: z
      .strictObject({
        /** A file of the project, one event a line. */
        file: z.string().min(1).optional(),
        /** An endpoint that takes events by POST. */
        url: z.url({ protocol: /^https?$/ }).optional(),
        apiKey: secret().optional(),
        /** The namespace of jobs and datasets. */
        namespace: z.string().min(1).default('trestle'),
      })
      .prefault({}),
    /** Steps of a pipeline that run at once; each may use `memoryMiB`. */
    parallelSteps: z.number().int().min(1).max(64).default(2),
  }),
);
