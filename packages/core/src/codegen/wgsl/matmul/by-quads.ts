import type { DType } from '../../../graph/dtype.ts';
import { type Program, program, type ShaderTarget } from '../program.ts';
import { indented, linear, shaderOf } from '../source.ts';
import { FOUR } from './operand.ts';
import { labelOf, type Matmul, prepare, store } from './product.ts';

/** Rows of a quad's block; its columns are four for each of its invocations. */
const ROWS = 8;
const COLUMNS = 16;
const ROW_FOURS = [0, 1] as const;
/** Whether a product is large enough to be shared out in blocks of 8 rows and 16 columns, and quads can exchange what they load. */
export const fitsQuads = ({ m, n }: Matmul, { subgroups }: ShaderTarget): boolean =>
  subgroups !== undefined && subgroups.min >= 4 && m > 4 && n > 8;

/**
 * Without shared memory, for adapters that are a CPU: the four invocations of a quad multiply the same eight rows by four columns
 * each, and every element of the rows is loaded by one of them only. A load from a buffer is a branch and a read for each
 * element there, which costs more than the products do; an exchange is one instruction.
 * Quads are four neighbours: WebGPU leaves it to adapters how a workgroup is cut, and software cuts a line from its beginning.
 */
export function byQuads(kernel: Matmul, inputTypes: readonly DType[]): Program {
  const { batch, m, k, n, dtype } = kernel;
  const prepared = prepare(kernel, inputTypes, 4);
  const [down, across] = [Math.ceil(m / ROWS), Math.ceil(n / COLUMNS)];
  // Whole quads, so that none of its invocations has ended when the others ask for its part.
  const { grid, head } = linear(batch * down * across * 4, 32);
  const rows = Array.from({ length: ROWS }, (_, row) => row);
  const shared = ROW_FOURS.map((four) =>
    prepared.a.shared(`a${four}_`, 'batch', `down * 2u + ${four}u`, 'step', 'quadLane'),
  );
  const loads = [
    ...shared.flatMap(({ statements }) => statements),
    ...prepared.b.block('b', 'batch', 'column', 'step'),
  ];
  const products = rows.flatMap((row) =>
    FOUR.map((depth) => `s${row} += ${shared[row >> 2]?.at(row & 3, depth)} * b${depth};`),
  );
  const edges = { rows: m % ROWS !== 0, columns: n % COLUMNS !== 0 };
  const stores = rows.map((row) =>
    store(kernel, prepared.width, `(down * ${ROWS}u + ${row}u)`, 'column', `s${row}`, edges),
  );
  return program([
    shaderOf({
      label: labelOf(kernel),
      resources: prepared.own,
      target: { kind: 'output' },
      targetType: dtype,
      targetWidth: prepared.width,
      workgroup: [32, 1],
      grid,
      outside: prepared.outside,
      body: `${head}  let quadLane = index % 4u;
  let quad = index / 4u;
  let column = quad % ${across}u * 4u + quadLane;
  let down = (quad / ${across}u) % ${down}u;
  let batch = quad / ${across * down}u;
${indented(
  rows.map((row) => `var s${row} = vec4<f32>();`),
  1,
)}  for (var step = 0u; step < ${Math.ceil(k / 4)}u; step++) {
${indented([...loads, ...products], 2)}  }
${indented(stores, 1)}`,
    }),
  ]);
}
