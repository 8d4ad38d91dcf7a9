import { extensionPoint, type Scope } from '@trestle/kernel/spec';
import type { ModelVersion } from './models.ts';

/** What a model version is about to become. */
export type Admission =
  | { readonly kind: 'alias'; readonly alias: string }
  | { readonly kind: 'deployment'; readonly deployment: string };

export interface GateVerdict {
  readonly passed: boolean;
  /** One sentence with the numbers: why it passed, or why not. */
  readonly detail: string;
}

/** Decides whether a model version may get an alias or a deployment. It only looks: it changes nothing. */
export interface Gate {
  /** `verification`, `better-than-champion`. */
  readonly name: string;
  /** @returns undefined where the gate has nothing to say of such an admission */
  readonly load: () => Promise<
    (scope: Scope, model: ModelVersion, admission: Admission) => Promise<GateVerdict | undefined>
  >;
}

/** Where a plugin adds a gate. All have to pass, in the order of loading; the first that refuses is told. */
export const gates = extensionPoint<Gate>('registry.gates');
