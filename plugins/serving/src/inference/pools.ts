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

/** Requests that were assigned to a challenger just before its rollout ended are still answered. */
const LINGER_MS = 60_000;

interface Apart {
  readonly digest: string;
  readonly pool: InferencePool;
  close(): Promise<void>;
}

export function openInferencePools(scope: ServiceScope, open = openInferencePool): InferencePools {
  const home = open(scope);
  const apart = new Map<string, Apart>();
  const closing = new Set<Apart>();
  scope.onClose(async () => {
    await Promise.all([...apart.values(), ...closing].map((one) => one.close()));
  });

  const pools = (): readonly InferencePool[] => [home, ...[...apart.values()].map(({ pool }) => pool)];

  const poolOf = (digest: string): InferencePool =>
    [...apart.values()].find((one) => one.digest === digest)?.pool ?? home;

  const openApart = (digest: string): Apart => {
    const closers: (() => void | Promise<void>)[] = [];
    const pool = open({ ...scope, onClose: (close) => closers.push(close) });
    return { digest, pool, close: async () => void (await Promise.all(closers.map((close) => close()))) };
  };

  const giveUp = (deployment: string, one: Apart): void => {
    if (apart.get(deployment) === one) apart.delete(deployment);
    closing.add(one);
    setTimeout(() => {
      closing.delete(one);
      one.close().catch((cause: unknown) => scope.log.warn('threads did not end', { cause: String(cause) }));
    }, LINGER_MS).unref();
  };

  /** It goes on where it is until it is open in the threads of all: nobody waits for that. */
  const comeHome = (deployment: string, one: Apart): void => {
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
      if (challenger !== undefined) apart.set(deployment, openApart(challenger));
    },
    warmUp: (digest, wanted) => poolOf(digest).warmUp(digest, wanted),
    describe: (digest, wanted) => poolOf(digest).describe(digest, wanted),
    answer: (digest, asked, wanted) => poolOf(digest).answer(digest, asked, wanted),
    write: (digest, asked, caller, wanted) => poolOf(digest).write(digest, asked, caller, wanted),
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
