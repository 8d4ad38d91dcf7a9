import type { ServiceScope } from '@trestle/kernel';
import { type InferencePool, openInferencePool } from './inference-pool.ts';

/** The pool of this process, and those of challengers: a version that hangs or ends its threads takes none of the champion's. */
export interface InferencePools extends InferencePool {
  /**
   * The challenger of a deployment runs in threads of its own from now on; undefined when there is none any more. The one before it
   * comes to the threads of all if it serves now, and is given up otherwise.
   */
  keepApart(deployment: string, challenger: string | undefined, serving: string): void;
}

/** How often threads that are given up are looked at, whether anybody is still answered there. */
const LOOK_MS = 250;

interface Apart {
  readonly digest: string;
  readonly pool: InferencePool;
  /** Requests that are being answered there. */
  underWay: number;
  isLeaving: boolean;
}

export function openInferencePools(scope: ServiceScope, open = openInferencePool): InferencePools {
  const home = open(scope);
  const apart = new Map<string, Apart>();
  const leaving = new Set<Apart>();
  scope.onClose(async () => {
    // Nobody waits for a challenger any more: what still runs is a shadow's.
    await Promise.all([...apart.values(), ...leaving].map(({ pool }) => pool.destroy()));
  });

  const pools = (): readonly InferencePool[] => [home, ...[...apart.values()].map(({ pool }) => pool)];

  const inPoolOf = async <T>(digest: string, work: (pool: InferencePool) => Promise<T>): Promise<T> => {
    const one = [...apart.values()].find((each) => each.digest === digest);
    if (!one) return await work(home);
    one.underWay += 1;
    try {
      return await work(one.pool);
    } finally {
      one.underWay -= 1;
    }
  };

  /** Nothing new goes there; its threads end when the last of those who are there has their answer. */
  const giveUp = (deployment: string, one: Apart): void => {
    if (apart.get(deployment) === one) apart.delete(deployment);
    if (leaving.has(one)) return;
    leaving.add(one);
    const end = (): void => {
      if (one.underWay > 0) {
        setTimeout(end, LOOK_MS).unref();
        return;
      }
      leaving.delete(one);
      one.pool
        .destroy()
        .catch((cause: unknown) => scope.log.warn('threads did not end', { cause: String(cause) }));
    };
    end();
  };

  /** It goes on where it is until it is open in the threads of all: nobody waits for that. */
  const comeHome = (deployment: string, one: Apart): void => {
    if (one.isLeaving) return;
    one.isLeaving = true;
    home
      .warmUp(one.digest)
      .catch((cause: unknown) =>
        scope.log.warn('a model could not be made ready', { deployment, cause: String(cause) }),
      )
      .finally(() => giveUp(deployment, one));
  };

  return {
    keepApart(deployment, challenger, serving) {
      const before = apart.get(deployment);
      if (before?.digest === challenger) return;
      if (before && before.digest === serving && challenger === undefined) comeHome(deployment, before);
      else if (before) giveUp(deployment, before);
      if (challenger !== undefined)
        apart.set(deployment, {
          digest: challenger,
          // Its threads end with the rollout, or with the host, and not twice.
          pool: open({ ...scope, onClose: () => {} }),
          underWay: 0,
          isLeaving: false,
        });
    },
    warmUp: (digest, wanted) => inPoolOf(digest, (pool) => pool.warmUp(digest, wanted)),
    describe: (digest, wanted) => inPoolOf(digest, (pool) => pool.describe(digest, wanted)),
    answer: (digest, asked, wanted) => inPoolOf(digest, (pool) => pool.answer(digest, asked, wanted)),
    write: (digest, asked, caller, wanted) =>
      inPoolOf(digest, (pool) => pool.write(digest, asked, caller, wanted)),
    destroy: async () => void (await Promise.all(pools().map((pool) => pool.destroy()))),
    choices: () => pools().flatMap((pool) => pool.choices()),
    forget: async (digest) => void (await Promise.all(pools().map((pool) => pool.forget(digest)))),
    stats() {
      const all = pools().map((pool) => pool.stats());
      return {
        waiting: all.reduce((sum, { waiting }) => sum + waiting, 0),
        refused: all.reduce((sum, { refused }) => sum + refused, 0),
        digests: new Set(all.flatMap(({ digests }) => [...digests])),
        evicted: all.reduce((sum, { evicted }) => sum + evicted, 0),
        models: all.flatMap(({ models }) => models),
      };
    },
  };
}
