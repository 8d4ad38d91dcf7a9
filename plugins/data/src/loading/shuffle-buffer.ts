/** Rows on their way: [rows, width] in row-major order. */
export interface FloatRows {
  readonly rows: number;
  readonly values: Float32Array;
}

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
    /** Takes rows in, and gives as many out once it is full. */
    exchange({ rows, values }: FloatRows): FloatRows {
      const taken = Math.min(rows, capacity - filled);
      buffer.set(values.subarray(0, taken * width), filled * width);
      filled += taken;
      const out = new Float32Array((rows - taken) * width);
      for (let row = taken; row < rows; row++) {
        const from = draw(capacity) * width;
        const [to, next] = [(row - taken) * width, row * width];
        for (let column = 0; column < width; column++) {
          out[to + column] = buffer[from + column] ?? 0;
          buffer[from + column] = values[next + column] ?? 0;
        }
      }
      return { rows: rows - taken, values: out };
    },
    /** The rows that are left, in an order by chance. */
    drain(): FloatRows {
      for (let row = filled - 1; row > 0; row--) {
        const [a, b] = [row * width, draw(row + 1) * width];
        for (let column = 0; column < width; column++) {
          const kept = buffer[a + column] ?? 0;
          buffer[a + column] = buffer[b + column] ?? 0;
          buffer[b + column] = kept;
        }
      }
      const rest = { rows: filled, values: buffer.slice(0, filled * width) };
      filled = 0;
      return rest;
    },
  };
}
