import { createHash } from 'node:crypto';

/** SHA-256 over a list that grows: equal roots are equal lists, whatever their length. */
export interface MerkleRoot {
  add(leaf: Uint8Array): void;
  /** Of what was added so far. */
  root(): Buffer;
}

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/**
 * The Merkle tree hash of RFC 6962, section 2.1. Memory: the roots of the whole subtrees, one for each one bit of the length; time: a
 * hash or two a leaf.
 */
export function merkleRoot(): MerkleRoot {
  const whole: { readonly height: number; readonly hash: Buffer }[] = [];
  return {
    add(leaf) {
      let [height, hash] = [0, sha256(LEAF, leaf)];
      for (let last = whole.at(-1); last?.height === height; last = whole.at(-1)) {
        whole.pop();
        hash = sha256(NODE, last.hash, hash);
        height++;
      }
      whole.push({ height, hash });
    },
    root() {
      const hashes = whole.map(({ hash }) => hash);
      return hashes.length === 0 ? sha256() : hashes.reduceRight((right, left) => sha256(NODE, left, right));
    },
  };
}
