/** First come, first served. */
export interface Mutex {
  /** Waits for its turn; the returned function ends it. */
  acquire(): Promise<() => void>;
}

export function mutex(): Mutex {
  let last: Promise<void> = Promise.resolve();
  return {
    async acquire() {
      const before = last;
      let release = (): void => {};
      last = new Promise((resolve) => {
        release = resolve;
      });
      await before;
      return release;
    },
  };
}
