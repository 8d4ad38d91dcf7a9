/** How long may be computed before others get through: requests, heartbeats, clicks. */
const LONGEST_MS = 50;

/** Lets others have the thread now and then, and ends work when its signal aborts. */
export interface Breath {
  isDue(): boolean;
  /** @throws the signal's reason */
  take(): Promise<void>;
}

export function breathe(signal: AbortSignal | undefined): Breath {
  let since = performance.now();
  return {
    isDue: () => performance.now() - since > LONGEST_MS,
    async take() {
      await new Promise<void>((resolve) => setTimeout(resolve));
      signal?.throwIfAborted();
      since = performance.now();
    },
  };
}
