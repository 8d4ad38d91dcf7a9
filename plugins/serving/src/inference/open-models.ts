import { threadId } from 'node:worker_threads';
import type { Model } from '@trestle/model';

/** What a thread has open: bytes of each model, by its digest. */
export interface Residence {
  readonly thread: number;
  readonly models: Readonly<Record<string, number>>;
  /** Models that went because others needed their memory, since the thread began. */
  readonly evicted: number;
  /** How long the newest one took from its file to its first answer, in milliseconds. */
  readonly coldMs: number;
}

interface Opened {
  readonly digest: string;
  readonly model: Promise<Model>;
  isPinned: boolean;
  /** 0 until it is open. */
  bytes: number;
}

/** What a model takes besides its weights: its plan, its metadata, the arrays around them. Measured of the smallest ones. */
const OWN_BYTES = 200_000;

/**
 * The models that a thread has open, within a budget: what a model takes is its weights and the most that a run of it has taken. Where
 * it is too much, the one that was not asked for the longest goes, but none that is pinned, and not the one that is asked now.
 */
export function openModels(open: (key: string) => Promise<Model>) {
  const opened = new Map<string, Opened>();
  let evicted = 0;
  let coldMs = 0;
  let hasChanged = false;

  const taken = (): number => [...opened.values()].reduce((sum, { bytes }) => sum + bytes, 0);

  const close = (key: string, one: Opened): void => {
    opened.delete(key);
    hasChanged = true;
    // A thread does one task at a time: nothing runs in it.
    one.model.then((model) => model.close()).catch(() => {});
  };

  const add = (key: string, digest: string): Opened => {
    const startedAt = performance.now();
    const model = open(key).then(async (made) => {
      // Compiled, and measured, by what it was made with: the first request finds it warm. Whether it answers them as it should was
      // found out when it was registered.
      await made.verify().catch(() => {});
      coldMs = performance.now() - startedAt;
      hasChanged = true;
      return made;
    });
    const one = { digest, model, isPinned: false, bytes: 0 };
    model.catch(() => opened.delete(key));
    return one;
  };

  return {
    /** @param key of the model and of where it runs */
    async modelOf(key: string, digest: string, isPinned: boolean): Promise<Model> {
      const one = opened.get(key) ?? add(key, digest);
      one.isPinned = isPinned;
      // The newest is last.
      opened.delete(key);
      opened.set(key, one);
      return await one.model;
    },
    /** Measures the model that was used, and makes room for it. */
    async settle(key: string, budgetBytes: number): Promise<void> {
      const used = opened.get(key);
      if (used) {
        const { weights, run } = (await used.model).memory();
        const bytes = OWN_BYTES + weights + run;
        hasChanged ||= bytes !== used.bytes;
        used.bytes = bytes;
      }
      let over = taken() - budgetBytes;
      for (const [other, one] of opened) {
        if (over <= 0) return;
        if (other === key || one.isPinned) continue;
        over -= one.bytes;
        evicted += 1;
        close(other, one);
      }
    },
    /** Lets go of a model, wherever it runs; it is opened again by whoever asks. */
    forget(digest: string): void {
      for (const [key, one] of opened) if (one.digest === digest) close(key, one);
    },
    /** Undefined where nothing has changed since it was asked. */
    residence(): Residence | undefined {
      if (!hasChanged) return undefined;
      hasChanged = false;
      const models = Object.fromEntries([...opened.values()].map(({ digest, bytes }) => [digest, bytes]));
      return { thread: threadId, models, evicted, coldMs };
    },
  };
}
