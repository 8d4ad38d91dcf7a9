import type { DType } from '../../graph/dtype.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { shapeText, sizeOf } from '../../tensor/shape.ts';
import { resources, useInput } from './emitter.ts';
import { type Program, program } from './program.ts';
import { linear, shaderOf } from './source.ts';

/** Each element counts what comes before it, which is its place: no exchange between invocations is needed. */
export function argsortProgram(
  kernel: Extract<Kernel, { kind: 'argsort' }>,
  inputTypes: readonly DType[],
): Program {
  const { length, isDescending, shape, dtype } = kernel;
  const own = resources(inputTypes);
  const values = useInput(own, 0);
  const notANumber = (x: string): string =>
    inputTypes[0] === 'float32' ? `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)` : 'false';
  const { grid, head } = linear(sizeOf(shape), 64);
  return program([
    shaderOf({
      label: `argsort ${shapeText(shape)}`,
      resources: own,
      target: { kind: 'output' },
      targetType: dtype,
      workgroup: [64, 1],
      grid,
      body: `${head}  let at = index % ${length}u;
  let row = index - at;
  let mine = ${values}[index];
  let isLast = ${notANumber('mine')};
  var before = 0u;
  for (var other = 0u; other < ${length}u; other++) {
    let value = ${values}[row + other];
    let isOtherLast = ${notANumber('value')};
    let comes = select(value ${isDescending ? '>' : '<'} mine, isLast, isLast || isOtherLast) && !isOtherLast;
    let isSame = select(value == mine, isLast == isOtherLast, isLast || isOtherLast);
    if (comes || (isSame && other < at)) { before++; }
  }
  output[row + before] = i32(at);`,
    }),
  ]);
}
