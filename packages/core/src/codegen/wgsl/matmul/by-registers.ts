import type { DType } from '../../../graph/dtype.ts';
import { type Program, program } from '../program.ts';
import { indented, linear, shaderOf } from '../source.ts';
import { labelOf, type Matmul, prepare, store } from './product.ts';

/**
 * Without shared memory: each invocation multiplies a block of 8 rows and 8 columns that it keeps in registers. For adapters
 * that are a CPU, where a barrier costs more than reading again from the cache (on SwiftShader three times as much).
 */
export function byRegisters(kernel: Matmul, inputTypes: readonly DType[]): Program {
  const { batch, m, k, n, dtype } = kernel;
  const prepared = prepare(kernel, inputTypes, 4);
  // Reading or writing one by one makes long shaders, which take long to compile.
  const isLong = prepared.a.isSingle || prepared.b.isSingle || prepared.width === 1;
  const rows = m >= 8 && !isLong ? 8 : 4;
  const fours = n >= 8 && !isLong ? 2 : 1;
  const [down, across] = [Math.ceil(m / rows), Math.ceil(n / (4 * fours))];
  const { grid, head } = linear(batch * down * across, 32);
  const places = Array.from({ length: rows }, (_, row) => row);
  const columns = Array.from({ length: fours }, (_, four) => four);
  const sum = (row: number, four: number): string => `s${row}_${four}`;
  const loads = [
    ...Array.from({ length: rows / 4 }, (_, four) =>
      prepared.a.block(`a${four}_`, 'batch', `down * ${rows / 4}u + ${four}u`, 'step'),
    ),
    ...columns.map((four) => prepared.b.block(`b${four}_`, 'batch', `across * ${fours}u + ${four}u`, 'step')),
  ].flat();
  const products = [0, 1, 2, 3].flatMap((depth) =>
    places.flatMap((row) =>
      columns.map((four) => `${sum(row, four)} += a${row >> 2}_${depth}[${row & 3}] * b${four}_${depth};`),
    ),
  );
  const edges = { rows: m % rows !== 0, columns: n % (4 * fours) !== 0 };
  const stores = places.flatMap((row) =>
    columns.map((four) =>
      store(
        kernel,
        prepared.width,
        `(down * ${rows}u + ${row}u)`,
        `(across * ${fours}u + ${four}u)`,
        sum(row, four),
        edges,
      ),
    ),
  );
  const declarations = places.flatMap((row) => columns.map((four) => `var ${sum(row, four)} = vec4<f32>();`));
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
      body: `${head}  let across = index % ${across}u;
  let down = (index / ${across}u) % ${down}u;
  let batch = index / ${across * down}u;
${indented(declarations, 1)}  for (var step = 0u; step < ${Math.ceil(k / 4)}u; step++) {
${indented([...loads, ...products], 2)}  }
${indented(stores, 1)}`,
    }),
  ]);
}
