import { nodeCollector } from './collector.ts';

/** Something that is given back once its owner is unreachable. */
export interface Claim<T> {
  readonly resource: T;
  readonly bytes: number;
  readonly owner: WeakRef<object>;
}

/**
 * Gives back what belongs to objects that nothing refers to any more. Finalizers do that when the program yields; a long
 * synchronous loop never does, so there the reclaimer looks for itself, before there is too much.
 */
export interface Reclaimer<T> {
  /** To be called before a resource is taken: looks for what can be given back when it is time to. */
  makeRoom(bytes: number): void;
  claim(owner: object, resource: T, bytes: number): Claim<T>;
  /** The owner gives its resource up: it is not given back any more. */
  drop(claim: Claim<T>): void;
  /** Gives back what it can, now. */
  sweep(): void;
}

/** Bytes, and claims, below which nobody looks; beyond, whenever there are twice as many as were left the last time. */
const LEAST_BYTES = 256 * 2 ** 20;
const LEAST_CLAIMS = 16_384;

export function reclaimer<T>(giveBack: (resource: T) => void, leastBytes = LEAST_BYTES): Reclaimer<T> {
  const claims = new Set<Claim<T>>();
  let bytesClaimed = 0;
  let bytesAtNextLook = leastBytes;
  let claimsAtNextLook = LEAST_CLAIMS;
  const drop = (claim: Claim<T>): void => {
    if (claims.delete(claim)) bytesClaimed -= claim.bytes;
  };
  const end = (claim: Claim<T>): void => {
    if (!claims.has(claim)) return;
    drop(claim);
    giveBack(claim.resource);
  };
  const finalizer = new FinalizationRegistry(end);
  const sweep = (): void => {
    const collector = nodeCollector();
    collector?.collect();
    for (const claim of claims) if (claim.owner.deref() === undefined) end(claim);
    collector?.forget();
    bytesAtNextLook = Math.max(leastBytes, 2 * bytesClaimed);
    claimsAtNextLook = Math.max(LEAST_CLAIMS, 2 * claims.size);
  };
  return {
    makeRoom(bytes) {
      if (bytesClaimed + bytes > bytesAtNextLook || claims.size >= claimsAtNextLook) sweep();
    },
    claim(owner, resource, bytes) {
      const claim = { resource, bytes, owner: new WeakRef(owner) };
      claims.add(claim);
      bytesClaimed += bytes;
      finalizer.register(owner, claim, claim);
      return claim;
    },
    drop(claim) {
      finalizer.unregister(claim);
      drop(claim);
    },
    sweep,
  };
}
