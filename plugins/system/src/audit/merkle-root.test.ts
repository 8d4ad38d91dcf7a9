import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { merkleRoot } from './merkle-root.ts';

/** The reference tree of Certificate Transparency's own tests (github.com/google/certificate-transparency, merkle tree tests): leaves and the roots behind each. */
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** As RFC 6962 defines it: split at the greatest power of two below the length. */
function defined(leaves: readonly Uint8Array[]): Buffer {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.from([0]), first);
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return sha256(Buffer.from([1]), defined(leaves.slice(0, k)), defined(leaves.slice(k)));
}

describe('the root of a Merkle tree', () => {
  it('is the one of the reference at every length', () => {
    const tree = merkleRoot();
    expect(tree.root().toString('hex')).toBe(createHash('sha256').digest('hex'));
    for (const [k, leaf] of LEAVES.entries()) {
      tree.add(Buffer.from(leaf, 'hex'));
      expect(tree.root().toString('hex')).toBe(ROOTS[k]);
    }
  });

  it('is the one that the definition gives', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 70 }), (leaves) => {
        const tree = merkleRoot();
        for (const leaf of leaves) tree.add(leaf);
        expect(tree.root()).toEqual(defined(leaves));
      }),
    );
  });
});
