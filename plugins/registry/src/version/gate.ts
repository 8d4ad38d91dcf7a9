import { type Admission, type Gate, gates, type ModelVersion } from '@trestle/contracts';
import type { Scope } from '@trestle/kernel';

/** The gate that is always there: the package is whole, and answers as it did when it was made. */
export const verification: Gate = {
  name: 'verification',
  load: async () => {
    const { verifyModel } = await import('./verify.ts');
    return async (scope, model) => {
      const { verified, checks } = await verifyModel(scope, model);
      const told = checks.find(({ passed }) => passed === verified);
      return { passed: verified, detail: told?.detail ?? 'there is nothing to verify it by' };
    };
  },
};

/** The first gate that refuses a model version, undefined when none does. */
export async function refusal(
  scope: Scope,
  model: ModelVersion,
  admission: Admission,
): Promise<{ readonly gate: string; readonly detail: string } | undefined> {
  for (const { name, load } of scope.extensions(gates)) {
    const verdict = await (await load())(scope, model, admission);
    const what =
      admission.kind === 'alias' ? `alias "${admission.alias}"` : `deployment "${admission.deployment}"`;
    const said =
      verdict === undefined ? 'has nothing to say' : verdict.passed ? 'lets it through' : 'refuses it';
    scope.log.debug(`the gate "${name}" ${said}`, {
      ...{ model: `${model.name}@${model.version}`, for: what, detail: verdict?.detail },
    });
    if (verdict && !verdict.passed) return { gate: name, detail: verdict.detail };
  }
  return undefined;
}
