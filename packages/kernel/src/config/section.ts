import type { z } from 'zod';

/** A plugin's part of `trestle.config`, under the plugin's name. Fields marked with `secret()` are never printed. */
export interface ConfigSection<T extends z.ZodType = z.ZodType> {
  readonly name: string;
  readonly schema: T;
}

export const configSection = <T extends z.ZodType>(name: string, schema: T): ConfigSection<T> => ({
  name,
  schema,
});
