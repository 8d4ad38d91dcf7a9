import { describe, expect, it } from 'vitest';
import { murmurHash3 } from './murmur-hash.ts';

describe('murmurHash3', () => {
  // The test vectors that the article "MurmurHash" of the English Wikipedia lists (x86, 32 bits).
  it.each([
    ['', 0x00000000, 0x00000000],
    ['', 0x00000001, 0x514e28b7],
    ['', 0xffffffff, 0x81f16f39],
    ['test', 0x00000000, 0xba6bd213],
    ['test', 0x9747b28c, 0x704b81dc],
    ['Hello, world!', 0x00000000, 0xc0363e43],
    ['Hello, world!', 0x9747b28c, 0x24884cba],
    ['The quick brown fox jumps over the lazy dog', 0x00000000, 0x2e4ff723],
    ['The quick brown fox jumps over the lazy dog', 0x9747b28c, 0x2fa826cd],
  ])('hashes %j with seed %i as the reference does', (text, seed, hash) => {
    expect(murmurHash3(text, seed) >>> 0).toBe(hash);
  });
});
