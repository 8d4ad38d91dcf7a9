import type { OnnxError } from '../onnx-error.ts';
import { checkSize, sizeOf } from './tensor.ts';

/** How a kernel slides over the spatial axes, as a node's attributes say it. */
export interface Sliding {
  readonly auto_pad: 'NOTSET' | 'SAME_UPPER' | 'SAME_LOWER' | 'VALID';
  readonly strides: readonly number[] | undefined;
  readonly pads: readonly number[] | undefined;
  readonly dilations: readonly number[] | undefined;
}

export interface Geometry {
  readonly lengths: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly behind: readonly number[];
  /** Positions of the kernel on each axis. */
  readonly output: readonly number[];
}

/** Where a kernel goes on each axis. @throws the error that `fail` makes when attributes do not fit the axes */
export function geometryOf(
  lengths: readonly number[],
  kernel: readonly number[],
  { auto_pad: auto, strides: givenStrides, pads, dilations: givenDilations }: Sliding,
  isCeil: boolean,
  fail: (reason: string) => OnnxError,
): Geometry {
  const rank = lengths.length;
  const strides = givenStrides ?? lengths.map(() => 1);
  const dilations = givenDilations ?? lengths.map(() => 1);
  const isRight = (list: readonly number[], count: number, least: number): boolean =>
    list.length === count && list.every((value) => Number.isSafeInteger(value) && value >= least);
  if (rank === 0 || !isRight(kernel, rank, 1) || !isRight(strides, rank, 1) || !isRight(dilations, rank, 1))
    throw fail(
      `kernel [${kernel}], strides [${strides}] and dilations [${dilations}] do not fit ${rank} spatial axes`,
    );
  if (pads && (pads.length !== 2 * rank || !pads.every(Number.isSafeInteger)))
    throw fail(`pads [${pads}] do not fit ${rank} spatial axes`);
  const before: number[] = [];
  const behind: number[] = [];
  const output = lengths.map((length, axis) => {
    const [stride = 1, span] = [strides[axis], (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1];
    if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
      const count = Math.ceil(length / stride);
      const total = Math.max(0, (count - 1) * stride + span - length);
      before[axis] = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      behind[axis] = total - (before[axis] ?? 0);
      return count;
    }
    before[axis] = auto === 'VALID' ? 0 : (pads?.[axis] ?? 0);
    behind[axis] = auto === 'VALID' ? 0 : (pads?.[axis + rank] ?? 0);
    const room = length + (before[axis] ?? 0) + (behind[axis] ?? 0) - span;
    const count = (isCeil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    // A window that would begin in the padding behind sees nothing.
    return isCeil && (count - 1) * stride >= length + (before[axis] ?? 0) ? count - 1 : Math.max(0, count);
  });
  checkSize(output);
  return { lengths, kernel, strides, dilations, before, behind, output };
}

/**
 * For each position of the kernel and each of its elements: which spatial place of the input it sees; -1 in the padding, and -2
 * beyond it, where only ceil_mode reaches. [positions, elements]
 */
export function windowPlaces({
  lengths,
  kernel,
  strides,
  dilations,
  before,
  behind,
  output,
}: Geometry): Int32Array {
  const positions = sizeOf(output);
  const elements = sizeOf(kernel);
  checkSize([positions, elements]);
  let places = new Int32Array(1);
  let [rows, columns] = [1, 1];
  for (let axis = lengths.length - 1; axis >= 0; axis--) {
    const length = lengths[axis] ?? 1;
    const inner = sizeOf(lengths.slice(axis + 1));
    const [steps, taps] = [output[axis] ?? 1, kernel[axis] ?? 1];
    const next = new Int32Array(steps * taps * rows * columns);
    for (let step = 0; step < steps; step++) {
      for (let tap = 0; tap < taps; tap++) {
        const at = step * (strides[axis] ?? 1) - (before[axis] ?? 0) + tap * (dilations[axis] ?? 1);
        const code = at >= 0 && at < length ? at : at < length + (behind[axis] ?? 0) ? -1 : -2;
        for (let row = 0; row < rows; row++) {
          const from = row * columns;
          const to = ((step * rows + row) * taps + tap) * columns;
          for (let column = 0; column < columns; column++) {
            const rest = places[from + column] ?? 0;
            next[to + column] = code < 0 || rest < 0 ? Math.min(code, rest, -1) : code * inner + rest;
          }
        }
      }
    }
    places = next;
    rows *= steps;
    columns *= taps;
  }
  return places;
}
