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
 *
 * Places are drawn for many rows at once, and then column by column exchanged: a column of the buffer stays in the cache.
 */
export function shuffleBuffer(capacity: number, width: number, draw: Draw) {
  const kept = Array.from({ length: width }, () => new Float32Array(capacity));
  const places = new Int32Array(PLACES);
  let filled = 0;
  return {
    /**
     * Takes in rows of columns, `count` of them from the row `from` on, and puts as many into `out` ([rows, columns], from its
     * row `at` on) once the buffer is full.
     *
     * @returns the number of rows that were put out
     */
    exchange(
      columns: readonly Float32Array[],
      from: number,
      count: number,
      out: Float32Array,
      at: number,
    ): number {
      const taken = Math.min(count, capacity - filled);
      for (let column = 0; taken > 0 && column < width; column++) {
        const values = columns[column]?.subarray(from, from + taken);
        if (values) kept[column]?.set(values, filled);
      }
      filled += taken;
      for (let row = taken; row < count; row += PLACES) {
        const rows = Math.min(PLACES, count - row);
        for (let i = 0; i < rows; i++) places[i] = draw(capacity);
        for (let column = 0; column < width; column++) {
          const [own, values] = [kept[column], columns[column]];
          if (!own || !values) continue;
          swap(own, places, rows, values, from + row, out, (at + row - taken) * width + column, width);
        }
      }
      return count - taken;
    },
    /** Takes out of what is left some rows by chance, `count` at most, and puts them into `out` from its row `at` on. */
    drain(count: number, out: Float32Array, at: number): number {
      const rows = Math.min(count, filled, PLACES);
      for (let row = 0; row < rows; row++) places[row] = draw(filled - row);
      for (const [column, own] of kept.entries())
        takeOut(own, filled, places, rows, out, at * width + column, width);
      filled -= rows;
      return rows;
    },
  };
}

/** Rows that are exchanged at once. */
const PLACES = 512;

/** Puts what stands in the places of a column into every `stride`-th number of `out`, and the values there instead. */
function swap(
  own: Float32Array,
  places: Int32Array,
  rows: number,
  values: Float32Array,
  from: number,
  out: Float32Array,
  start: number,
  stride: number,
): void {
  for (let row = 0, to = start; row < rows; row++, to += stride) {
    const place = places[row] ?? 0;
    out[to] = own[place] ?? 0;
    own[place] = values[from + row] ?? 0;
  }
}

/** The same with the column's last value instead, which shortens it by one. */
function takeOut(
  own: Float32Array,
  length: number,
  places: Int32Array,
  rows: number,
  out: Float32Array,
  start: number,
  stride: number,
): void {
  for (let row = 0, to = start; row < rows; row++, to += stride) {
    const place = places[row] ?? 0;
    out[to] = own[place] ?? 0;
    own[place] = own[length - 1 - row] ?? 0;
  }
}
