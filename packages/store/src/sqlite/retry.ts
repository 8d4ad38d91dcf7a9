import { isBusy, translateError } from './translate-error.ts';

const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Tries again while another process holds the lock, without blocking this one.
 *
 * @throws TRS_STORE_LOCKED after `waitMs`
 */
export async function withRetry<T>(waitMs: number, file: string, action: () => T): Promise<T> {
  const deadline = performance.now() + waitMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      return action();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > deadline) throw translateError(thrown, file);
      // Jitter, so that two waiting processes do not collide for ever.
      await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
    }
  }
}
