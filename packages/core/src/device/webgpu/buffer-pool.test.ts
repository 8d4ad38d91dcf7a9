import { describe, expect, it } from 'vitest';
import { bufferPool, sizeClass } from './buffer-pool.ts';

/** Buffers that only know their size, and whether they are there. */
function fakes(): { readonly create: (size: number) => GPUBuffer; readonly alive: () => number } {
  let alive = 0;
  const create = (size: number): GPUBuffer => {
    alive += size;
    const destroy = (): void => {
      alive -= size;
    };
    return { size, destroy } as unknown as GPUBuffer;
  };
  return { create, alive: () => alive };
}

const MIB = 2 ** 20;

describe('the pool of buffers', () => {
  it('hands out again what it was given, for sizes of the same class', () => {
    const { create, alive } = fakes();
    const pool = bufferPool(2 ** 30, create);
    const first = pool.take(1_000);
    pool.give(first);
    expect(pool.take(1_010)).toBe(first);
    expect(alive()).toBe(sizeClass(1_000));
  });
  it('wastes an eighth at most, and makes whole fours of words', () => {
    for (let bytes = 257; bytes < 5 * MIB; bytes = Math.ceil(bytes * 1.07)) {
      expect(sizeClass(bytes) / bytes).toBeLessThanOrEqual(1.125);
      expect(sizeClass(bytes)).toBeGreaterThanOrEqual(bytes);
      expect(sizeClass(bytes) % 16).toBe(0);
    }
  });
  it('keeps what a step needs that is done again and again', () => {
    const { create, alive } = fakes();
    let made = 0;
    const pool = bufferPool(2 ** 30, (bytes) => {
      made++;
      return create(bytes);
    });
    for (let step = 0; step < 200; step++) {
      const used = [256, 128, 64].map((mib) => pool.take(mib * MIB));
      for (const buffer of used) pool.give(buffer);
      pool.trim();
    }
    expect(made).toBe(3);
    expect(alive()).toBe(448 * MIB);
  });
  it('keeps 64 MiB, or half as much again as was in use at once lately', () => {
    const { create, alive } = fakes();
    const pool = bufferPool(2 ** 30, create);
    // One at a time, but of ever other sizes.
    for (let mib = 100; mib < 160; mib += 2) {
      pool.give(pool.take(mib * MIB));
      pool.trim();
      expect(pool.statistics().keptBytes).toBeLessThanOrEqual(1.5 * sizeClass(mib * MIB));
    }
    expect(alive()).toBe(pool.statistics().keptBytes);
    // A small one is wanted all the time; the large ones' time has passed.
    for (let step = 0; step < 130; step++) {
      pool.give(pool.take(MIB));
      pool.trim();
    }
    expect(alive()).toBe(MIB);
  });
  it('gives back what nobody wanted for 64 trims', () => {
    const { create, alive } = fakes();
    const pool = bufferPool(2 ** 30, create);
    pool.give(pool.take(MIB));
    for (let i = 0; i < 64; i++) pool.trim();
    expect(alive()).toBe(MIB);
    pool.trim();
    expect(alive()).toBe(0);
  });
  it('never hands out what there was no memory for, and keeps less from then on', () => {
    const { create, alive } = fakes();
    const pool = bufferPool(2 ** 30, create);
    const [a, b] = [pool.take(8 * MIB), pool.take(8 * MIB)];
    pool.give(a);
    const refused = pool.take(9 * MIB);
    pool.condemn(refused);
    pool.give(refused);
    expect(pool.take(9 * MIB)).not.toBe(refused);
    // The device holds 16 MiB; with 17 in use nothing is left to keep.
    pool.trim();
    expect(alive()).toBe(sizeClass(8 * MIB) + sizeClass(9 * MIB));
    expect(b.size).toBe(8 * MIB);
  });
  it('refuses what is larger than any buffer', () => {
    const pool = bufferPool(MIB, fakes().create);
    expect(() => pool.take(MIB + 1)).toThrow(expect.objectContaining({ code: 'TRS_CORE_BUFFER_TOO_LARGE' }));
    expect(pool.statistics()).toEqual({ usedBytes: 0, keptBytes: 0 });
    expect(pool.take(MIB - 1).size).toBe(MIB);
  });
});
