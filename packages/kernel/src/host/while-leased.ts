import type { LeaseHold, Leases } from '../job/job-store.ts';

/**
 * Does work under a lease that is held already, and renews it until the work is done, however long that takes. The signal
 * that the work gets aborts when another has taken the lease.
 */
export async function whileLeased<T>(
  leases: Leases,
  lease: { readonly hold: LeaseHold; readonly holder: string; readonly ttlMs: number },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  let renewal: Promise<unknown> = Promise.resolve();
  const beat = setInterval(() => {
    renewal = leases
      .acquire(lease.hold.lease, lease.holder, lease.ttlMs)
      .then((hold) => {
        if (hold?.generation !== lease.hold.generation)
          lost.abort(new DOMException('Another process has the lease.', 'AbortError'));
      })
      // A renewal that fails is tried again at the next beat.
      .catch(() => {});
  }, lease.ttlMs / 4);
  beat.unref();
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    clearInterval(beat);
    // Were it still under way, it would take back a lease that is released next.
    await renewal;
  }
}
