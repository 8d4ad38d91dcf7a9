import { configSection } from '@trestle/kernel';
import { z } from 'zod';

export const registryConfig = configSection(
  'registry',
  z.strictObject({
    /** The largest model file that is taken in, in bytes. */
    maxModelBytes: z
      .number()
      .int()
      .min(1)
      .max(2 ** 31)
      .default(512 * 2 ** 20),
  }),
);
