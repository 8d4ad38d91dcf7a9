import { CoreError } from '../../../core-error.ts';
import { setting } from '../../../setting.ts';
import { canStartThreads } from './start-thread.ts';

/** More cores than that have more to do with waiting for memory than with computing. */
const MOST = 64;

/**
 * How many threads compute, this one included: as asked for, as `TRESTLE_THREADS` says, or as many as there are cores. One where
 * memory cannot be shared.
 *
 * @throws TRS_CORE_THREADS
 */
export function threadCount(asked?: number): number {
  const text = setting('TRESTLE_THREADS');
  const wanted = asked ?? (text === '' ? cores() : Number(text));
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new CoreError(
      'THREADS',
      `${asked === undefined ? `TRESTLE_THREADS is "${text}"` : `threads is ${asked}`}, which is not a number of threads.`,
      'Give a whole number from 1 on, or leave it out for one thread per core.',
    );
  }
  return canStartThreads() ? Math.min(wanted, MOST) : 1;
}

function cores(): number {
  const os = typeof process === 'object' ? process.getBuiltinModule?.('node:os') : undefined;
  return os?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}
