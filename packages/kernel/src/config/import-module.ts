import { getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { createJiti, type Jiti } from 'jiti';

/**
 * What was made of a TypeScript file is kept where this process keeps compiled code, by the digest of its text: making it loads a
 * compiler, which takes a sixth of a command's time.
 */
const transformedDir = (): string | false => {
  const compiled = getCompileCacheDir();
  return compiled === undefined ? false : join(compiled, 'transformed');
};

const loaderFor = (parentFile: string): Jiti =>
  createJiti(parentFile, { fsCache: transformedDir(), moduleCache: false });

/**
 * Where a module is that `parentFile` calls `name`: a package, a relative path, or an absolute path.
 *
 * @returns a file URL
 * @throws an error with code MODULE_NOT_FOUND where there is none
 */
export const resolveModule = (name: string, parentFile: string): string =>
  loaderFor(parentFile).esmResolve(name);

/** Imports the default export of a module as if `parentFile` had: TypeScript too, on a Node that cannot strip types. */
export async function importModule(name: string, parentFile: string): Promise<unknown> {
  return await loaderFor(parentFile).import(name, { default: true });
}
