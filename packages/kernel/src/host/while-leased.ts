import type { Leases } from '../job/job-store.ts';

/** Does work under a lease that is held already, and renews it until the work is done, however long that takes. */
export async function whileLeased<T>(
  leases: Leases,
  lease: { readonly name: string; readonly holder: string; readonly ttlMs: number },
  work: () => Promise<T>,
): Promise<T> {
  let renewal: Promise<unknown> = Promise.resolve();
  const beat = setInterval(() => {
    // Whoever finds the lease lost at its next turn stops; a renewal that fails is tried again at the next beat.
    renewal = leases.acquire(lease.name, lease.holder, lease.ttlMs).catch(() => false);
  }, lease.ttlMs / 4);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    // Were it still under way, it would take back a lease that is released next.
    await renewal;
  }
}
