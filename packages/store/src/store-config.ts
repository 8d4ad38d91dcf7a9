import { configSection } from '@trestle/kernel';
import { z } from 'zod';

export const storeConfig = configSection(
  'store',
  z.strictObject({
    /** How long a change waits for another process that writes, in milliseconds. */
    lockWaitMs: z.number().int().min(0).max(600_000).default(10_000),
    /** Space kept back on the disk, in bytes, so that a full disk does not stop a rollback. */
    reserveBytes: z
      .number()
      .int()
      .min(0)
      .max(2 ** 32)
      .default(16 * 2 ** 20),
  }),
);
