import { sizeOf } from '../../../graph/shape.ts';
import type { Expression } from '../../../schedule/kernel.ts';
import { reshapeView } from '../../../schedule/view.ts';
import { type Code, get, i32, type Local, repeat, set, type Value, v128 } from '../assembler.ts';
import { elementLoop } from '../element-loop.ts';
import { readingBack } from '../elementwise.ts';
import type { WasmFeatures } from '../features.ts';
import { leafPointers, placedLeaves, pointerReading } from '../leaves.ts';
import { type Axes, coalesce, innerLoop, type Pointer, seek } from '../loops.ts';
import { type PhaseScope, WORD } from '../program.ts';

/** What is done to each element of a product of `n` columns, and which axes the loads have. */
export interface Finish {
  readonly epilogue: Expression;
  /** The axes of the rows, and of the columns as the last one; strides by the epilogue's leaves. */
  readonly axes: Axes;
}

/** Undefined when the columns are walked by several strides: then blocks of them cannot be finished one by one. */
export function finishOf(epilogue: Expression, shape: readonly number[], n: number): Finish | undefined {
  const leaves = placedLeaves([epilogue]);
  let split = shape.length;
  for (let columns = 1; columns < n && split > 0; ) columns *= shape[--split] ?? 1;
  if (sizeOf(shape.slice(split)) !== n) return undefined;
  const axes = coalesce(
    shape,
    leaves.map(({ view }) => view),
    split,
  );
  if (axes.lengths.length !== axes.boundary + 1) return undefined;
  return { epilogue, axes };
}

/** The part of a result, with all batches' rows below each other, that is to be finished. */
export interface Part {
  readonly firstRow: Value<'i32'>;
  readonly endRow: Value<'i32'>;
  readonly firstColumn: Value<'i32'>;
  readonly columns: Value<'i32'>;
  readonly n: number;
}

/** Goes over a part of the result that has just been written, and still is in the cache. */
export function finishPart(
  { epilogue, axes: { lengths, strides } }: Finish,
  part: Part,
  { scope, output, inputs }: PhaseScope,
  features: WasmFeatures,
): Code {
  const last = lengths.length - 1;
  const leaves = placedLeaves([epilogue]);
  const pointers = leafPointers(scope, leaves, strides, inputs);
  const out: Pointer = {
    local: scope.local('i32'),
    start: i32.const(0),
    steps: lengths.map((_, axis) => (axis === last ? WORD : 0)),
  };
  const moving = [...new Set(pointers.values())];
  const placed = pointerReading((leaf) => pointers.get(leaf) ?? out, last);
  const reading = readingBack(placed, out);
  const zero = v128.ints(0);
  const body = elementLoop({ scope, features }, [{ expression: epilogue }], reading, {
    vector: ([value = zero], at) => v128.store(get(out.local), value, 16 * at),
    single: ([value = zero]) => v128.store32Lane(get(out.local), value, 0),
  });
  const row = scope.local('i32');
  const columns: Local<'i32'> = scope.local('i32');
  const toFirst = ({ local, steps }: Pointer): Code => {
    const step = steps[last] ?? 0;
    return step === 0 ? [] : set(local, i32.add(get(local), i32.mul(part.firstColumn, i32.const(step))));
  };
  return [
    set(columns, part.columns),
    set(row, part.firstRow),
    repeat(
      row,
      part.endRow,
      1,
      seek(scope, get(row), lengths, last, moving),
      set(out.local, i32.add(get(output), i32.mul(get(row), i32.const(part.n * WORD)))),
      [...moving, out].map(toFirst),
      body.before,
      innerLoop(scope, columns, body.unroll, [...moving, out], last, body.vectors, body.single),
    ),
  ];
}

/** Over the kept axes of a fold, if all loads of an epilogue have them but for axes of length 1. */
export const canFinishFold = (epilogue: Expression | undefined, kept: readonly number[]): boolean =>
  epilogue === undefined ||
  placedLeaves([epilogue]).every(({ view }) => reshapeView(view, kept) !== undefined);
