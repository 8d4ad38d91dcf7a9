import type { DType } from '../../graph/dtype.ts';
import { shapeText, sizeOf } from '../../graph/shape.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { type Counter, emitter, inputsInFours, resources } from './emitter.ts';
import { type Program, program } from './program.ts';
import { indented, linear, shaderOf } from './source.ts';

const WORKGROUP = 64;

/** One invocation for four elements where they lie together, for one otherwise. */
export function elementwiseProgram(
  kernel: Extract<Kernel, { kind: 'elementwise' }>,
  inputTypes: readonly DType[],
  inPlace?: number,
): Program {
  const size = sizeOf(kernel.shape);
  const fours: Counter = { index: 'index', axes: kernel.shape.length, level: 0, isFours: true };
  const inFours = size < 4 ? undefined : inputsInFours([kernel.expression], [fours]);
  const width = inFours ? 4 : 1;
  const own = resources(inputTypes, inFours, inPlace);
  const emit = emitter(own, [{ ...fours, isFours: width === 4 }]);
  const { name } = emit.value(kernel.expression);
  const isPacked = kernel.dtype === 'float16';
  const perInvocation = isPacked && width === 1 ? 2 : width;
  const { grid, head } = linear(Math.ceil(size / perInvocation), WORKGROUP);
  const written = isPacked
    ? packed(emit.lines[0], name, width)
    : { outside: '', body: `${indented(emit.lines[0], 1)}  output[index] = ${name};` };
  return program([
    shaderOf({
      label: `elementwise ${shapeText(kernel.shape)}`,
      resources: own,
      target: { kind: 'output' },
      targetType: kernel.dtype,
      targetWidth: width,
      workgroup: [WORKGROUP, 1],
      grid,
      outside: written.outside,
      body: head + written.body,
    }),
  ]);
}

/** Halves are written by the word, so one invocation computes what shares one: four elements at once, or two one after the other. */
function packed(
  lines: readonly string[],
  name: string,
  width: 1 | 4,
): { readonly outside: string; readonly body: string } {
  if (width === 4)
    return {
      outside: '',
      body: `${indented(lines, 1)}  output[index] = packHalves(${name});`,
    };
  return {
    outside: `fn element(index: u32) -> f32 {\n${indented(lines, 1)}  return ${name};\n}\n`,
    body: '  output[index] = packPair(element(2u * index), element(2u * index + 1u));',
  };
}
