import { createJiti } from 'jiti';
import { dataError } from '../data-error.ts';

/** What a module of the project (TypeScript or JavaScript, as it is now) exports as its default. @throws the code, with its reason */
export async function importDefault(
  module: string,
  shown: string,
  code: 'STEP_MODULE' | 'EXPECTATION_MODULE' | 'SUITE_INVALID',
): Promise<unknown> {
  return await createJiti(module, { fsCache: false, moduleCache: false })
    .import(module, { default: true })
    .catch((cause: unknown) => {
      throw dataError(code, {
        kind: 'invalid',
        message: `${shown} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
        hint: 'Correct the module.',
        cause,
      });
    });
}
