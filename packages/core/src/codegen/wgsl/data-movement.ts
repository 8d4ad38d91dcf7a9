import type { DType } from '../../graph/dtype.ts';
import { shapeText, sizeOf } from '../../graph/shape.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import type { View } from '../../schedule/view.ts';
import { mergedAxes } from './axes.ts';
import { emitter, lanesIn, readOf, resources, useInput } from './emitter.ts';
import { type Program, program, type Shader } from './program.ts';
import { indented, linear, shaderOf, zeroOf } from './source.ts';

const WORKGROUP = 64;

/** Each piece is copied by a shader of its own; what none of them covers is zero. */
export function assembleProgram(
  kernel: Extract<Kernel, { kind: 'assemble' }>,
  inputTypes: readonly DType[],
): Program {
  const covered = kernel.pieces.reduce((sum, piece) => sum + sizeOf(piece.view.shape), 0);
  const shaders = kernel.pieces.map((piece): Shader => {
    const target: View = { shape: piece.view.shape, strides: piece.strides, offset: piece.offset };
    const counter = { index: 'index', axes: target.shape.length, level: 0 } as const;
    const fours = [{ ...counter, isFours: true }];
    const size = sizeOf(target.shape);
    const areFours =
      size % 4 === 0 && [piece.view, target].every((view) => lanesIn(view, fours) === 'side by side');
    const own = resources(inputTypes, areFours ? new Set([piece.input]) : new Set());
    // In fours, both views are walked with everything a quarter: the last axis, the other strides, the offset.
    const emit = emitter(own, [{ index: 'index', axes: target.shape.length, level: 0 }]);
    const from = emit.place(areFours ? quartered(piece.view) : piece.view).name;
    const to = emit.place(areFours ? quartered(target) : target).name;
    const { grid, head } = linear(areFours ? size / 4 : size, WORKGROUP);
    return shaderOf({
      label: `copy ${shapeText(target.shape)} into ${shapeText(kernel.shape)}`,
      resources: own,
      target: { kind: 'output' },
      targetType: kernel.dtype,
      targetWidth: areFours ? 4 : 1,
      workgroup: [WORKGROUP, 1],
      grid,
      body: `${head}${indented(emit.lines[0], 1)}  output[${to}] = ${useInput(own, piece.input)}[${from}];`,
    });
  });
  return { ...program(shaders), startsFromZeros: covered < sizeOf(kernel.shape) };
}

/** A view of fours, from one whose last axis lies side by side. */
function quartered(view: View): View {
  const axes = mergedAxes(view);
  const isLast = (at: number): boolean => at === axes.length - 1;
  return {
    shape: axes.map(({ length }, at) => (isLast(at) ? length / 4 : length)),
    strides: axes.map(({ stride }, at) => (isLast(at) ? 1 : stride / 4)),
    offset: view.offset / 4,
  };
}

/** Rows chosen by an index; those out of range are zeros. */
export function gatherProgram(
  kernel: Extract<Kernel, { kind: 'gather' }>,
  inputTypes: readonly DType[],
): Program {
  const { outer, length, count } = kernel;
  // The same buffer may be both the table and the indices.
  const indices = inputTypes.length === 1 ? 0 : 1;
  const areFours = kernel.inner % 4 === 0 && indices === 1;
  const inner = areFours ? kernel.inner / 4 : kernel.inner;
  const own = resources(inputTypes, areFours ? new Set([0]) : new Set());
  const table = useInput(own, 0);
  const { grid, head } = linear(outer * count * inner, WORKGROUP);
  return program([
    shaderOf({
      label: `gather ${shapeText(kernel.shape)} from ${length} rows`,
      resources: own,
      target: { kind: 'output' },
      targetType: kernel.dtype,
      targetWidth: areFours ? 4 : 1,
      workgroup: [WORKGROUP, 1],
      grid,
      body: `${head}  let x = index % ${inner}u;
  let at = (index / ${inner}u) % ${count}u;
  let outer = index / ${inner * count}u;
  let row = ${readOf(own, indices, 'at')};
  var value = ${zeroOf(kernel.dtype, areFours ? 4 : 1)};
  if (row >= 0 && row < ${length}) {
    value = ${table}[(outer * ${length}u + u32(row)) * ${inner}u + x];
  }
  output[index] = value;`,
    }),
  ]);
}
