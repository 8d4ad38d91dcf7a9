import { debug } from '../../debug.ts';
import { findAdapter } from './adapter.ts';

/**
 * Takes the place of `find-real-gpu.ts` where a bundler makes a page (the field `browser` of package.json), which has no use for
 * another process: the browser keeps drivers in a process of their own.
 *
 * @throws TRS_CORE_DEVICE_UNAVAILABLE with what is in the way
 */
export async function findRealGpu(): Promise<boolean> {
  const found = await findAdapter();
  if (debug().level >= 1) console.error(`webgpu: found ${found.description}`);
  return !found.isSoftware;
}
