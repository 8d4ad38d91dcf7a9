import type { DType } from '../../graph/dtype.ts';
import type { Expression } from '../../schedule/kernel.ts';
import { emitter, type Resources } from './emitter.ts';
import { vectorType } from './program.ts';
import { indented } from './source.ts';

/**
 * A function `finish(index, accumulator)` that sends what a kernel has folded or multiplied through its epilogue, and writes
 * it. With `width` 4 the index counts fours of neighbouring elements.
 */
export function finishing(
  own: Resources,
  epilogue: Expression | undefined,
  outputRank: number,
  dtype: DType,
  width: 1 | 4,
): string {
  const head = `fn finish(index: u32, accumulator: ${vectorType(dtype, width)}) {\n`;
  if (!epilogue) return `${head}  output[index] = accumulator;\n}\n`;
  const emit = emitter(own, [{ index: 'index', axes: outputRank, level: 0, isFours: width === 4 }], {
    accumulator: { name: 'accumulator', level: 0 },
  });
  const { name } = emit.value(epilogue);
  return `${head}${indented(emit.lines[0], 1)}  output[index] = ${name};\n}\n`;
}
