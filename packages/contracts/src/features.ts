import { z } from 'zod';

/**
 * How a declared feature is made: its kind, the column it is made of (the one it is named after when left out), and what else that
 * kind wants to be told. Kinds are an extension point, so that the kind itself checks the rest.
 */
export const featureSpecSchema = z.looseObject({ kind: z.string().min(1), column: z.string().optional() });
export type FeatureSpec = z.output<typeof featureSpecSchema>;

/** Features by name. Columns that one of them is made of are not encoded in the usual way besides. */
export const featureRecipeSchema = z.record(z.string().min(1), featureSpecSchema);
export type FeatureRecipe = z.output<typeof featureRecipeSchema>;
