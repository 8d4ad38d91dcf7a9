import type { DType } from '../../graph/dtype.ts';
import { shapeText, sizeOf } from '../../graph/shape.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { resources, useInput } from './emitter.ts';
import { type BufferUse, type Program, program, type Shader, storageType } from './program.ts';
import { linear, shaderOf } from './source.ts';

type Argsort = Extract<Kernel, { kind: 'argsort' }>;

const WORKGROUP = 64;
/** Runs that are sorted by comparing each element with each. */
const RUN = 32;
const SCRATCH: BufferUse = { kind: 'scratch', scratch: 0 };
const OUTPUT: BufferUse = { kind: 'output' };

/**
 * A merge sort whose every element finds its own place: first among its run of 32, then, run by run of twice the length, by
 * counting with a binary search what comes before it in the other half. No exchange between invocations is needed, equal
 * elements keep their order, and n elements take log2(n / 32) + 1 dispatches and O(n log² n) reads.
 */
export function argsortProgram(kernel: Argsort, inputTypes: readonly DType[]): Program {
  const widths: number[] = [];
  for (let width = RUN; width < kernel.length; width *= 2) widths.push(width);
  // In turn, so that the last dispatch writes to the output.
  const targetOf = (pass: number): BufferUse => ((widths.length - pass) % 2 === 0 ? OUTPUT : SCRATCH);
  const merges = widths.map((width, at) => merge(kernel, inputTypes, width, targetOf(at), targetOf(at + 1)));
  const scratch = widths.length > 0 ? [sizeOf(kernel.shape)] : [];
  return program([sortRuns(kernel, inputTypes, targetOf(0)), ...merges], scratch);
}

/** Whether an element comes before another, whatever their places; NaN is above all numbers. */
function comesBefore({ isDescending }: Argsort, dtype: DType = 'float32'): string {
  const type = storageType(dtype);
  const isNoNumber = (x: string): string =>
    dtype === 'float32' ? `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)` : 'false';
  const above = (x: string, y: string): string => `!${isNoNumber(y)} && (${isNoNumber(x)} || ${x} > ${y})`;
  return `fn comesBefore(a: ${type}, b: ${type}) -> bool {
  return ${isDescending ? above('a', 'b') : above('b', 'a')};
}
`;
}

function sortRuns(kernel: Argsort, inputTypes: readonly DType[], target: BufferUse): Shader {
  const { length, shape, dtype } = kernel;
  const own = resources(inputTypes);
  const values = useInput(own, 0);
  const { grid, head } = linear(sizeOf(shape), WORKGROUP);
  return shaderOf({
    label: `argsort ${shapeText(shape)}`,
    resources: own,
    target,
    targetType: dtype,
    workgroup: [WORKGROUP, 1],
    grid,
    outside: comesBefore(kernel, inputTypes[0]),
    body: `${head}  let at = index % ${length}u;
  let row = index - at;
  let begin = at / ${RUN}u * ${RUN}u;
  let mine = ${values}[index];
  var place = row + begin;
  for (var other = begin; other < min(begin + ${RUN}u, ${length}u); other++) {
    let value = ${values}[row + other];
    if (comesBefore(value, mine) || (other < at && !comesBefore(mine, value))) { place++; }
  }
  output[place] = i32(at);`,
  });
}

function merge(
  kernel: Argsort,
  inputTypes: readonly DType[],
  width: number,
  source: BufferUse,
  target: BufferUse,
): Shader {
  const { length, shape, dtype } = kernel;
  const own = resources(inputTypes);
  const values = useInput(own, 0);
  // Not in the source, so that all merges are one pipeline.
  own.constants.push(width);
  const { grid, head } = linear(sizeOf(shape), WORKGROUP);
  return shaderOf({
    label: `argsort ${shapeText(shape)}, runs of ${width} merged`,
    resources: own,
    target,
    targetType: dtype,
    extra: [{ use: source, declaration: 'var<storage, read> order: array<i32>;' }],
    workgroup: [WORKGROUP, 1],
    grid,
    outside: comesBefore(kernel, inputTypes[0]),
    body: `${head}  let at = index % ${length}u;
  let row = index - at;
  let width = constants[0].x;
  let begin = at / (2u * width) * (2u * width);
  let middle = min(begin + width, ${length}u);
  let end = min(begin + 2u * width, ${length}u);
  let isFirst = at < middle;
  let mine = ${values}[row + u32(order[index])];
  let others = select(begin, middle, isFirst);
  var low = others;
  var high = select(middle, end, isFirst);
  while (low < high) {
    let half = (low + high) / 2u;
    let value = ${values}[row + u32(order[row + half])];
    // Of equal elements, those of the first half come first.
    if (select(!comesBefore(mine, value), comesBefore(value, mine), isFirst)) { low = half + 1u; } else { high = half; }
  }
  let own = at - select(middle, begin, isFirst);
  output[row + begin + own + (low - others)] = order[index];`,
  });
}
