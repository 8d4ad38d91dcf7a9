import { server } from './server.ts';
import { refresh } from './use-query.ts';

/** Several events of one change ask once. */
const TOGETHER_MS = 250;
/** Where the log may not be watched, or not now. */
const POLL_MS = 5_000;
const TRY_AGAIN_MS = 60_000;

/**
 * Asks anew for what is shown whenever the log tells of something, while the page is seen: a browser has few connections to one
 * server, and hidden tabs would hold them.
 */
export function keepLive(): void {
  let gone = new AbortController();
  let isDue = false;
  const soon = (): void => {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      refresh();
    }, TOGETHER_MS);
  };
  const watch = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await server.watch(soon, { signal }).catch(() => {});
      // Refused: who looks may not see the log, or has to say first who they are.
      for (let waitedMs = 0; waitedMs < TRY_AGAIN_MS && !signal.aborted; waitedMs += POLL_MS) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        if (!signal.aborted) refresh();
      }
    }
  };
  const look = (): void => {
    gone.abort();
    gone = new AbortController();
    if (document.hidden) return;
    refresh();
    void watch(gone.signal);
  };
  document.addEventListener('visibilitychange', look);
  look();
}
