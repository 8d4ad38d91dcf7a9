/** The longest time that a timer can wait; longer ones fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Waits, however long, or returns as soon as the signal aborts. Never returns early otherwise, as timers may. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const until = Date.now() + ms;
  for (let left = ms; left > 0 && !signal.aborted; left = until - Date.now()) {
    await timer(Math.min(left, MAX_TIMER_MS), signal);
  }
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timeout);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timeout = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
