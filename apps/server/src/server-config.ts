import { configSection } from '@trestle/kernel';
import { z } from 'zod';

export const jobsConfig = configSection(
  'jobs',
  z.strictObject({
    /**
     * Processes beside the server's that run jobs, subscribers and schedules, a job each at a time. With 0, jobs wait for workers
     * that are started elsewhere (`trestle worker`), and the server reacts itself.
     */
    processes: z.number().int().min(0).max(64).default(1),
  }),
);

export const serverConfig = configSection(
  'server',
  z.strictObject({
    /** `tokens`: callers show a token of "trestle token create". `none`: everybody on this machine may do everything. */
    auth: z.enum(['none', 'tokens']).default('none'),
    /** With `tokens`: what callers may who show none, `serving:predict`. Nobody changes anything without a token. */
    anonymous: z
      .array(
        z
          .string()
          .regex(
            /^[a-z][a-z-]*:(read|predict)$/,
            'must be a permission to read or to predict, as in "serving:predict"',
          ),
      )
      .default([]),
    /** A port of its own for gRPC, on the same address; 0 takes a free one. Without it there is no gRPC. */
    grpcPort: z.number().int().min(0).max(65_535).optional(),
    /** Names under which the server is reached, besides the address it listens on: `ml.example.com`. */
    allowedHosts: z.array(z.string().min(1)).default([]),
    /** Sites whose pages may call the server: `https://app.example.com`. */
    allowedOrigins: z.array(z.url()).default([]),
    /** The largest body of an API request, in bytes; prediction routes have their own limit. */
    maxBodyBytes: z.number().int().min(1_024).default(1_048_576),
    /** How long a request may take to arrive, in milliseconds. */
    requestTimeoutMs: z.number().int().min(100).max(600_000).default(30_000),
    /** How long the server may take to get ready before it takes requests (models that were asked lately), in milliseconds; 0 for not at all. */
    prepareTimeoutMs: z.number().int().min(0).max(600_000).default(20_000),
    /** How long a drain waits for requests under way, in milliseconds. */
    drainTimeoutMs: z.number().int().min(0).max(600_000).default(25_000),
    /** Callers that may follow jobs at once as events; more are refused. */
    maxEventStreams: z.number().int().min(1).max(100_000).default(256),
    /** Requests of one caller in a window. */
    rateLimit: z
      .strictObject({
        max: z.number().int().min(1).default(20_000),
        windowMs: z.number().int().min(100).default(10_000),
      })
      .prefault({}),
  }),
);
