import { type Actor, token } from '@trestle/kernel/spec';
import { z } from 'zod';
import type { Admission } from './gates.ts';

export const modelVersionSchema = z.object({
  name: z.string(),
  version: z.number().int(),
  /** SHA-256 (hex) of the model package, which is also its blob. */
  digest: z.string(),
  aliases: z.array(z.string()),
  task: z.string().optional(),
  estimator: z.string().optional(),
  run: z.string().optional(),
  dataset: z.string().optional(),
  metrics: z.record(z.string(), z.number().nullable()),
  createdAt: z.string(),
  /** Why its record cannot be read; what stands here is all that can. */
  unreadable: z.string().optional(),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

/** Registered models. Provided by the registry plugin. */
export interface Models {
  /** @throws TRS_REGISTRY_UNKNOWN_MODEL, TRS_REGISTRY_UNKNOWN_VERSION, TRS_REGISTRY_UNKNOWN_ALIAS */
  resolve(reference: string): Promise<ModelVersion>;
  /** The model package, checked against its digest. */
  bytes(model: ModelVersion): Promise<Uint8Array>;
  /** Registers a model package as the next version of `name`. The same digest twice is the same version. */
  register(
    actor: Actor,
    model: {
      readonly name: string;
      readonly bytes: Uint8Array;
      /** What it was made from, `model:strikes@3`: its lineage begins there. */
      readonly madeFrom?: string;
    },
  ): Promise<ModelVersion>;
  /**
   * Asks all gates. Whoever lets a model version through to users asks here, and nowhere else.
   *
   * @returns the gate that refuses, undefined when none does
   */
  refusal(
    model: ModelVersion,
    admission: Admission,
  ): Promise<{ readonly gate: string; readonly detail: string } | undefined>;
  /** Moves an alias; `previous` is the version that had it. */
  promote(
    actor: Actor,
    move: { readonly name: string; readonly version: number; readonly alias: string },
  ): Promise<{ readonly previous: number | null }>;
}

export const modelsToken = token<Models>('registry.models');
