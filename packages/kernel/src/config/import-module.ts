import { createJiti } from 'jiti';

/**
 * Imports a module as if `parentFile` had: TypeScript too, on a Node that cannot strip types.
 *
 * @param name a package, a relative path, or an absolute path
 */
export async function importModule(name: string, parentFile: string): Promise<unknown> {
  const jiti = createJiti(parentFile, { fsCache: false, moduleCache: false });
  return await jiti.import(name, { default: true });
}
