import { setImmediate } from 'node:timers/promises';

/**
 * Lets heartbeats, requests and Ctrl-C get through in the middle of long computing: a job that is silent for too long is taken for
 * dead.
 *
 * @throws the signal's reason when it was aborted
 */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}
