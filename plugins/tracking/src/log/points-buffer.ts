import { invariant } from '@trestle/kernel';

/** Measurements of one chunk: 128 KiB. */
const ENTRIES = 4_096;
const FIELDS = 4;
/** Measurements that may wait to be read: 256 MiB. */
const MAX_WAITING = 2 ** 23;

/** A piece of memory that one thread fills and another reads: no message is sent, and nobody waits. */
export interface Chunk {
  /** How many measurements are written; grows only. At 1: how many were read. */
  readonly counts: Int32Array<SharedArrayBuffer>;
  /** Series, step (NaN: the next), value, milliseconds since 1970. */
  readonly data: Float64Array<SharedArrayBuffer>;
}

export const newChunk = (): Chunk => ({
  counts: new Int32Array(new SharedArrayBuffer(8)),
  data: new Float64Array(new SharedArrayBuffer(ENTRIES * FIELDS * 8)),
});

/** Measurements as they are read: columns. */
export interface Read {
  readonly series: number[];
  readonly steps: number[];
  readonly values: number[];
  readonly times: number[];
}

/** The end into which measurements go. A push costs four numbers and a count; every 4,096 a chunk more. */
export class PointsWriter {
  readonly #chunks: Chunk[];
  readonly #onChunk: (chunk: Chunk) => void;
  #chunk: Chunk;
  #count = 0;

  constructor(first: Chunk, onChunk: (chunk: Chunk) => void) {
    this.#chunk = first;
    this.#chunks = [first];
    this.#onChunk = onChunk;
  }

  /** Whether there is room; a reader that is this far behind has stopped. */
  push(series: number, step: number, value: number, time: number): boolean {
    if (this.#count === ENTRIES && !this.#grow()) return false;
    const { data, counts } = this.#chunk;
    const at = this.#count * FIELDS;
    data[at] = series;
    data[at + 1] = step;
    data[at + 2] = value;
    data[at + 3] = time;
    // The count comes last: who sees it sees the numbers too.
    Atomics.store(counts, 0, ++this.#count);
    return true;
  }

  #grow(): boolean {
    while (this.#chunks[0] !== this.#chunk && isRead(this.#chunks[0])) this.#chunks.shift();
    if (this.#chunks.length * ENTRIES >= MAX_WAITING) return false;
    this.#chunk = newChunk();
    this.#chunks.push(this.#chunk);
    this.#count = 0;
    this.#onChunk(this.#chunk);
    return true;
  }
}

const isRead = (chunk: Chunk | undefined): boolean =>
  chunk !== undefined && Atomics.load(chunk.counts, 1) === ENTRIES;

/** The end from which they are read, in order. */
export class PointsReader {
  readonly #chunks: Chunk[] = [];
  #read = 0;

  add(chunk: Chunk): void {
    this.#chunks.push(chunk);
  }

  /** Takes at most so many; those that are written meanwhile come with the next call. */
  take(max: number): Read {
    const taken: Read = { series: [], steps: [], values: [], times: [] };
    let left = max;
    for (let chunk = this.#chunks[0]; chunk !== undefined && left > 0; chunk = this.#chunks[0]) {
      const { counts, data } = chunk;
      const until = Math.min(Atomics.load(counts, 0), this.#read + left);
      left -= until - this.#read;
      for (; this.#read < until; this.#read++) {
        const [series, step, value, time] = data.subarray(this.#read * FIELDS, (this.#read + 1) * FIELDS);
        taken.series.push(invariant(series, 'a series'));
        taken.steps.push(invariant(step, 'a step'));
        taken.values.push(invariant(value, 'a value'));
        taken.times.push(invariant(time, 'a time'));
      }
      Atomics.store(counts, 1, this.#read);
      if (this.#read < ENTRIES) break;
      this.#chunks.shift();
      this.#read = 0;
    }
    return taken;
  }
}
