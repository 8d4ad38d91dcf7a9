/** Whole numbers below a bound, evenly, from a seed. */
export type Draw = (below: number) => number;

/** The generator "mulberry32" (Tommy Ettinger, 2017): 32 bits of state, enough to shuffle, not to keep secrets. */
export function drawsOf(seed: number): Draw {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/**
 * Mixes a stream of rows through a buffer of `capacity` rows: each row that comes in takes the place of one chosen by chance,
 * which goes out. A row can come early by at most `capacity` places; to mix whole files, store them mixed.
 */
export function shuffleBuffer(capacity: number, width: number, draw: Draw) {
  const buffer = new Float32Array(capacity * width);
  let filled = 0;
  return {
    /** Takes the first `count` rows of `rows` in, and puts as many into `out` from its row `at` on once the buffer is full. */
    exchange(rows: Float32Array, count: number, out: Float32Array, at: number): number {
      const taken = Math.min(count, capacity - filled);
      buffer.set(rows.subarray(0, taken * width), filled * width);
      filled += taken;
      for (let row = taken; row < count; row++) {
        const [from, to, next] = [draw(capacity) * width, (at + row - taken) * width, row * width];
        for (let column = 0; column < width; column++) {
          out[to + column] = buffer[from + column] ?? 0;
          buffer[from + column] = rows[next + column] ?? 0;
        }
      }
      return count - taken;
    },
    /** Takes out of what is left `count` rows at most, by chance, and puts them into `out` from its row `at` on. */
    drain(count: number, out: Float32Array, at: number): number {
      const given = Math.min(count, filled);
      for (let row = 0; row < given; row++) {
        const from = draw(filled) * width;
        out.set(buffer.subarray(from, from + width), (at + row) * width);
        filled--;
        buffer.copyWithin(from, filled * width, (filled + 1) * width);
      }
      return given;
    },
  };
}
