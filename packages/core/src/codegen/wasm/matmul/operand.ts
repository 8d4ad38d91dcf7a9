import type { MatrixView } from '../../../schedule/kernel.ts';
import { get, i32, type Local, type Value } from '../assembler.ts';
import { coalesce } from '../loops.ts';
import { type PhaseScope, WORD } from '../program.ts';

/** Where the indices of a group of axes lie: evenly spaced, or looked up. Bytes. */
export type Offsets =
  | { readonly kind: 'even'; readonly length: number; readonly step: number }
  | { readonly kind: 'table'; readonly length: number; readonly offsets: Int32Array };

/** A matrix of a batch: the offset of an element is the sum of its batch's, its row's and its column's. */
export interface MatrixOperand {
  readonly base: number;
  readonly batch: Offsets;
  readonly rows: Offsets;
  readonly columns: Offsets;
}

export function matrixOperand(view: MatrixView): MatrixOperand {
  const [first, second] = view.split;
  return {
    base: view.offset * WORD,
    batch: offsetsOf(view, 0, first),
    rows: offsetsOf(view, first, second),
    columns: offsetsOf(view, second, view.shape.length),
  };
}

function offsetsOf(view: MatrixView, from: number, to: number): Offsets {
  const shape = view.shape.slice(from, to);
  const part = { shape, strides: view.strides.slice(from, to), offset: 0 };
  const { lengths, strides } = coalesce(shape, [part]);
  const [own = []] = strides;
  const length = lengths.reduce((product, one) => product * one, 1);
  if (lengths.length <= 1) return { kind: 'even', length, step: (own[0] ?? 0) * WORD };
  const offsets = new Int32Array(length);
  // Axis by axis from the innermost: what is filled so far repeats along the next one, shifted.
  let filled = 1;
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    const count = lengths[axis] ?? 1;
    const shift = (own[axis] ?? 0) * WORD;
    for (let i = 1; i < count; i++) {
      for (let j = 0; j < filled; j++) offsets[i * filled + j] = (offsets[j] ?? 0) + i * shift;
    }
    filled *= count;
  }
  return { kind: 'table', length, offsets };
}

/** Whether every aligned group of four indices lies next to each other. */
export function isContiguousByFour(offsets: Offsets): boolean {
  if (offsets.kind === 'even') return offsets.step === WORD;
  const list = offsets.offsets;
  if (list.length % 4 !== 0) return false;
  return list.every((place, index) => index % 4 === 0 || place === (list[index - 1] ?? 0) + WORD);
}

/** The offset of an index. */
export function offsetAt(
  offsets: Offsets,
  index: Value<'i32'>,
  tables: PlacedTables,
  address: Local<'i32'>,
): Value<'i32'> {
  if (offsets.kind === 'even') return i32.mul(index, i32.const(offsets.step));
  const start = tables.placeOf(offsets) * WORD;
  return i32.load(i32.add(get(address), i32.shl(index, i32.const(2))), start);
}

export interface PlacedTables {
  readonly table: Int32Array;
  /** Where a table begins, in words. */
  placeOf(offsets: Offsets): number;
}

export function placeTables(all: readonly Offsets[]): PlacedTables {
  const places = new Map<Offsets, number>();
  let size = 0;
  for (const offsets of all) {
    if (offsets.kind !== 'table' || places.has(offsets)) continue;
    places.set(offsets, size);
    size += offsets.length;
  }
  const table = new Int32Array(size);
  for (const [offsets, place] of places) if (offsets.kind === 'table') table.set(offsets.offsets, place);
  return { table, placeOf: (offsets) => places.get(offsets) ?? 0 };
}

/** The address of an operand: 0 is a, 1 is b. */
export function operandOf(phase: PhaseScope, index: number): Local<'i32'> {
  const input = phase.inputs[index];
  if (!input) throw new RangeError('A matrix product has two inputs.');
  return input;
}
