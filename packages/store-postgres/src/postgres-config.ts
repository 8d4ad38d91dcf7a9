import { configSection, secret } from '@trestle/kernel';
import { z } from 'zod';

export const postgresConfig = configSection(
  'postgres',
  z.strictObject({
    /** `postgres://user:password@host/database`; another machine's is reached with TLS, unless it says `?sslmode=disable`. */
    url: secret(),
    /** The schema that holds the project's tables; made where it is not there. */
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'must be small letters, digits and underscores')
      .default('trestle'),
    /** How many connections this process opens at most for reading, and how many for writing. */
    connections: z.number().int().min(1).max(100).default(4),
    /** How long a change waits for others, or for a connection, in milliseconds. */
    lockWaitMs: z.number().int().min(1).max(600_000).default(10_000),
    /** How long one statement may take, in milliseconds. */
    statementMs: z.number().int().min(100).max(3_600_000).default(300_000),
  }),
);
