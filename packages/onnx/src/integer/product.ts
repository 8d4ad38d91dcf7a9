import { DEPTH_STEP, kernels, MOST_PAGES, TILE_COLUMNS, TILE_ROWS } from './kernel.ts';

/** The right side of a product, in the order in which the kernel reads it: tiles of columns, along the inner dimension in pairs. */
export interface PackedColumns {
  readonly depth: number;
  readonly columns: number;
  /** 8 bits where they hold all of it and it is kept. */
  readonly data: Int8Array | Int16Array;
}

const PAGE = 65_536;
/** Columns whose part of the right side stays in the cache while all rows go over it. */
const PANEL_COLUMNS = 64;
/** Rows that lie in the kernel's memory at once, with their sums. */
const BLOCK_ROWS = 600;

const upTo = (count: number, step: number): number => step * Math.ceil(count / step);

/**
 * Packs what `read` gives of each row and column. Numbers are those of 8-bit types less a zero point: 16 bits hold them.
 *
 * @param read the number at a place of the inner dimension and a column
 * @param isKept whether it is used again: then it pays to look whether it may be half as large
 */
export function packColumns(
  depth: number,
  columns: number,
  read: (at: number, column: number) => number,
  isKept = false,
): PackedColumns {
  const tall = upTo(depth, DEPTH_STEP);
  const data = new Int16Array(tall * upTo(columns, TILE_COLUMNS));
  for (let first = 0; first < columns; first += TILE_COLUMNS) {
    const last = Math.min(columns, first + TILE_COLUMNS);
    for (let at = 0; at < depth; at++) {
      const to = first * tall + (at >> 1) * (2 * TILE_COLUMNS) + (at & 1);
      for (let column = first; column < last; column++) data[to + 2 * (column - first)] = read(at, column);
    }
  }
  const isNarrow = isKept && data.every((value) => value >= -128 && value <= 127);
  return { depth, columns, data: isNarrow ? Int8Array.from(data) : data };
}

type Tile = (a: number, b: number, c: number, turns: number, row: number) => void;
interface Engine {
  /** By the bytes of the right side's integers, and the rows less one. */
  readonly tiles: Readonly<Record<1 | 2, readonly Tile[]>>;
  /** The memory, of at least so many bytes. */
  memory(bytes: number): ArrayBuffer;
}
let engine: Engine | undefined;

function openEngine(): Engine {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(kernels()), { env: { memory } });
  return {
    tiles: { 1: tilesOf(exports, 1), 2: tilesOf(exports, 2) },
    memory(bytes) {
      const missing = Math.ceil((bytes - memory.buffer.byteLength) / PAGE);
      if (missing > 0) memory.grow(missing);
      return memory.buffer;
    },
  };
}

const tilesOf = (exports: WebAssembly.Instance['exports'], bytes: 1 | 2): readonly Tile[] =>
  Array.from({ length: TILE_ROWS }, (_, at) => {
    const found = exports[`tile${at + 1}x${bytes}`];
    if (!found) throw new RangeError(`There is no kernel for ${at + 1} rows.`);
    // Which functions there are `kernels` says.
    return found as Tile;
  });

/**
 * Multiplies [rows, depth] by packed columns; sums are of 32 bits and wrap, as those of ONNX Runtime. `a` holds numbers of 8-bit types
 * less a zero point. One thread; about one and a half times as many products a second as of float32.
 *
 * @param a row after row
 * @param out [rows, columns], written from `to` on
 */
export function multiplyIntegers(
  a: Int16Array,
  rows: number,
  { depth, columns, data }: PackedColumns,
  out: Int32Array,
  to = 0,
): void {
  if (rows === 0 || columns === 0) return;
  if (depth === 0) {
    out.fill(0, to, to + rows * columns);
    return;
  }
  engine ??= openEngine();
  const tall = upTo(depth, DEPTH_STEP);
  const turns = tall / DEPTH_STEP;
  const blockRows = Math.min(rows, BLOCK_ROWS);
  const wide = Math.min(upTo(columns, TILE_COLUMNS), PANEL_COLUMNS);
  const line = upTo(columns, TILE_COLUMNS);
  const panelAt = upTo(blockRows * tall * 2, 16);
  const bytes = data instanceof Int8Array ? 1 : 2;
  const sumsAt = panelAt + wide * tall * bytes;
  const memory = engine.memory(sumsAt + blockRows * line * 4);
  const left = new Int16Array(memory, 0, blockRows * tall);
  const panel = new (bytes === 1 ? Int8Array : Int16Array)(memory, panelAt, wide * tall);
  const sums = new Int32Array(memory, sumsAt, blockRows * line);
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, rows - from);
    packRows(a, from, count, depth, left);
    for (let first = 0; first < columns; first += PANEL_COLUMNS) {
      const width = Math.min(PANEL_COLUMNS, upTo(columns - first, TILE_COLUMNS));
      panel.set(data.subarray(first * tall, (first + width) * tall));
      for (let row = 0; row < count; row += TILE_ROWS) {
        const tile = engine.tiles[bytes][Math.min(TILE_ROWS, count - row) - 1];
        for (let column = 0; column < width; column += TILE_COLUMNS)
          tile?.(
            row * tall * 2,
            panelAt + column * tall * bytes,
            sumsAt + 4 * (row * line + first + column),
            turns,
            4 * line,
          );
      }
    }
    if (line === columns) out.set(sums.subarray(0, count * line), to + from * columns);
    else
      for (let row = 0; row < count; row++)
        out.set(sums.subarray(row * line, row * line + columns), to + (from + row) * columns);
  }
}

/** Rows in tiles, along the inner dimension in pairs; the last tile has as many rows as are left. */
function packRows(a: Int16Array, from: number, count: number, depth: number, into: Int16Array): void {
  const tall = upTo(depth, DEPTH_STEP);
  // Pairs are moved as one number each where they lie so already.
  const isPaired = depth % 2 === 0 && a.byteOffset % 4 === 0;
  const source = isPaired ? new Int32Array(a.buffer, a.byteOffset, a.length >> 1) : pairsOf(a, depth);
  const pairs = new Int32Array(into.buffer, into.byteOffset, into.length >> 1);
  const [half, given] = [tall / 2, Math.ceil(depth / 2)];
  for (let first = 0; first < count; first += TILE_ROWS) {
    const height = Math.min(TILE_ROWS, count - first);
    for (let row = 0; row < height; row++) {
      const start = (from + first + row) * given;
      let to = first * half + row;
      for (let pair = 0; pair < given; pair++, to += height) pairs[to] = source[start + pair] ?? 0;
      for (let pair = given; pair < half; pair++, to += height) pairs[to] = 0;
    }
  }
}

/** Rows of an odd length, or that begin between two pairs, as pairs. */
function pairsOf(a: Int16Array, depth: number): Int32Array {
  const even = upTo(depth, 2);
  const rows = a.length / depth;
  const padded = new Int16Array(rows * even);
  for (let row = 0; row < rows; row++) padded.set(a.subarray(row * depth, (row + 1) * depth), row * even);
  return new Int32Array(padded.buffer);
}
