import type { DType } from '../../graph/dtype.ts';
import type { Expression, Kernel } from '../../schedule/kernel.ts';
import type { View } from '../../schedule/view.ts';
import { shapeText } from '../../tensor/shape.ts';
import { inputsInFours, type Resources, resources } from './emitter.ts';
import { finishing } from './finishing.ts';
import { fourLoads, type Operand, operandOf } from './matmul-operand.ts';
import { type BufferUse, type Program, program, type Shader, type ShaderTarget } from './program.ts';
import { partsProgram, reductionProgram } from './reduce.ts';
import { blocks, indented, linear, shaderOf } from './source.ts';

export type Matmul = Extract<Kernel, { kind: 'matmul' }>;

/** A workgroup's part of the result, and how many of its invocations share it in columns and rows. */
interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly across: number;
  readonly down: number;
}

/** From large to small: per invocation 8x8, 4x4 and 4x4 elements. Shared memory is 16, 16 and 8 KiB. */
const TILES: readonly [Tile, Tile, Tile] = [
  { rows: 128, columns: 128, depth: 16, across: 16, down: 16 },
  { rows: 64, columns: 64, depth: 32, across: 16, down: 16 },
  { rows: 32, columns: 32, depth: 32, across: 8, down: 8 },
];
const PART: BufferUse = { kind: 'scratch', scratch: 0 };

export function matmulProgram(kernel: Matmul, inputTypes: readonly DType[], target: ShaderTarget): Program {
  const { a, b, m, n } = kernel;
  const isPlain = [a, b].every(({ shape, split }) => shape.length === 3 && split[0] === 1 && split[1] === 2);
  if (isPlain && (m === 1 || n === 1)) return matrixVector(kernel, inputTypes, target);
  if (target.isSoftware) return byRegisters(kernel, inputTypes);
  return byTiles(kernel, inputTypes, target);
}

const labelOf = ({ batch, m, k, n }: Matmul): string =>
  `matmul ${batch === 1 ? '' : `${batch} x `}${shapeText([m, k])} x ${shapeText([k, n])}`;

/** With a vector on one side, a product is a sum of products over k. */
function matrixVector(kernel: Matmul, inputTypes: readonly DType[], target: ShaderTarget): Program {
  const { batch, m, n, k, a, b, epilogue, shape, dtype } = kernel;
  const load = (input: number, view: View): Expression => ({ kind: 'load', input, view, dtype: 'float32' });
  const [batchA = 0, rowsA = 0, depthA = 0] = a.strides;
  const [batchB = 0, depthB = 0, columnsB = 0] = b.strides;
  const whole = [batch, m, n, k];
  const expression: Expression = {
    kind: 'apply',
    fn: 'mul',
    dtype: 'float32',
    operands: [
      load(0, { shape: whole, strides: [batchA, rowsA, 0, depthA], offset: a.offset }),
      load(1, { shape: whole, strides: [batchB, 0, columnsB, depthB], offset: b.offset }),
    ],
  };
  return reductionProgram(
    {
      label: labelOf(kernel),
      fn: 'sum',
      rows: batch * m * n,
      inner: k,
      expression,
      outerAxes: 3,
      outputRank: shape.length,
      epilogue,
      dtype,
      inputTypes,
    },
    target,
  );
}

interface Prepared {
  readonly own: Resources;
  readonly a: Operand;
  readonly b: Operand;
  /** Elements that are written at once. */
  readonly width: 1 | 4;
  readonly outside: string;
}

/** The operands' loads and the epilogue, in fours of columns where the output and all that the epilogue reads allow it. */
function prepare(
  { a, b, k, n, epilogue, shape }: Matmul,
  inputTypes: readonly DType[],
  depth: number,
): Prepared {
  const fours = { index: 'index', axes: shape.length, level: 0, isFours: true } as const;
  const inFours = n % 4 === 0 ? inputsInFours(epilogue ? [epilogue] : [], [fours]) : undefined;
  const width = inFours ? 4 : 1;
  const reads = new Set([...(inFours ?? []), ...fourLoads([a, b], k)]);
  const own = resources(inputTypes, reads);
  const left = operandOf(own, 0, 'a', a, { side: 'rows', depth: k, isPadded: k % depth !== 0 });
  const right = operandOf(own, 1, 'b', b, {
    side: 'columns',

    depth: k,
    isPadded: k % depth !== 0,
  });
  const finish = finishing(own, epilogue, shape.length, 'float32', width);
  return { own, a: left, b: right, width, outside: left.functions + right.functions + finish };
}

/** Statements that write the four columns from `column * 4` on, of one row; rows and columns behind the edge are left out. */
function store(
  { m, n }: Matmul,
  width: 1 | 4,
  row: string,
  column: string,
  value: string,
  isEdged: { readonly rows: boolean; readonly columns: boolean },
): string {
  const place = `(batch * ${m}u + ${row}) * ${width === 4 ? n / 4 : n}u + ${width === 4 ? column : `${column} * 4u`}`;
  const conditions = [
    ...(isEdged.rows ? [`${row} < ${m}u`] : []),
    ...(isEdged.columns && width === 4 ? [`${column} < ${n / 4}u`] : []),
  ];
  const guarded = (tests: readonly string[], statement: string): string =>
    tests.length === 0 ? statement : `if (${tests.join(' && ')}) { ${statement} }`;
  if (width === 4) return guarded(conditions, `finish(${place}, ${value});`);
  return [0, 1, 2, 3]
    .map((lane) =>
      guarded(
        [...conditions, ...(isEdged.columns ? [`${column} * 4u + ${lane}u < ${n}u`] : [])],
        `finish(${place} + ${lane}u, ${value}[${lane}]);`,
      ),
    )
    .join(' ');
}

/**
 * Without shared memory: each invocation multiplies a block of 8 rows and 8 columns that it keeps in registers. For adapters
 * that are a CPU, where a barrier costs more than reading again from the cache (on SwiftShader three times as much).
 */
function byRegisters(kernel: Matmul, inputTypes: readonly DType[]): Program {
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

/**
 * Workgroups multiply tiles: panels of both operands go to shared memory, and each invocation keeps a block of the result in
 * registers, made of 4x4 blocks that lie apart so that neighbours read neighbouring memory.
 */
function byTiles(kernel: Matmul, inputTypes: readonly DType[], { workgroups }: ShaderTarget): Program {
  const { batch, m, n, dtype, epilogue, shape } = kernel;
  const tile = tileFor(kernel, workgroups);
  const [down, across] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  const chunks = chunksOf(kernel, workgroups / (batch * down * across), tile);
  // The parts of a product that was split over k, added up by a second shader, which also has the epilogue.
  if (chunks > 1) {
    const { epilogue: _, ...plain } = kernel;
    const parts = { ...plain, dtype: 'float32' } as const;
    return partsProgram(
      tiled(parts, inputTypes, tile, chunks),
      {
        label: `sum of ${chunks} parts`,
        rows: batch * m * n,
        epilogue,
        outputRank: shape.length,
        dtype,
        inputTypes,
      },
      chunks,
    );
  }
  return program([tiled(kernel, inputTypes, tile, 1)]);
}

function tileFor({ batch, m, n }: Matmul, enough: number): Tile {
  const [large, middle, small] = TILES;
  const workgroups = (tile: Tile): number => batch * Math.ceil(m / tile.rows) * Math.ceil(n / tile.columns);
  return [large, middle].find((tile) => workgroups(tile) >= enough && m > 32 && n > 32) ?? small;
}

/** How many parts k is split into, where the tiles alone are too few to fill the adapter. */
function chunksOf({ k }: Matmul, wanted: number, { depth }: Tile): number {
  return Math.max(1, Math.min(Math.floor(wanted), Math.floor(k / (8 * depth))));
}

function tiled(kernel: Matmul, inputTypes: readonly DType[], tile: Tile, chunks: number): Shader {
  const { batch, m, k, n, dtype } = kernel;
  const prepared = prepare(kernel, inputTypes, tile.depth);
  const threads = tile.across * tile.down;
  const [down, across] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  const [wide, high, deep] = [tile.columns / 4, tile.rows / 4, tile.depth / 4];
  const [columnFours, rowFours] = [wide / tile.across, high / tile.down];
  const steps = Math.ceil(k / tile.depth);
  const perChunk = Math.ceil(steps / chunks);
  const { grid, head } = blocks(batch * down * across * chunks);
  const sum = (row: number, four: number): string => `s${row}_${four}`;
  const rows = Array.from({ length: rowFours * 4 }, (_, row) => row);
  const fours = Array.from({ length: columnFours }, (_, four) => four);
  const panel = (operand: Operand, name: string, length: number, first: string, begin: string): string => {
    const at = `(item - ${begin})`;
    // Neighbouring invocations read what lies side by side.
    const [x, h] = operand.runsAlongDepth
      ? [`${at} / ${deep}u`, `${at} % ${deep}u`]
      : [`${at} % ${length}u`, `${at} / ${length}u`];
    return `let x = ${x};
      let h = ${h};
      ${operand.block('p', 'batch', `${first} + x`, `step * ${deep}u + h`).join('\n      ')}
      ${[0, 1, 2, 3].map((depth) => `${name}[(h * 4u + ${depth}u) * ${length}u + x] = p${depth};`).join('\n      ')}`;
  };
  const products = rows.flatMap((row) =>
    fours.map((four) => `${sum(row, four)} += a${row >> 2}[${row & 3}] * b${four};`),
  );
  const edges = { rows: m % tile.rows !== 0, columns: n % tile.columns !== 0 };
  const stores = rows.flatMap((row) =>
    fours.map((four) =>
      store(
        kernel,
        prepared.width,
        `(down * ${tile.rows}u + (local.y + ${(row >> 2) * tile.down}u) * 4u + ${row & 3}u)`,
        `(across * ${wide}u + local.x + ${four * tile.across}u)`,
        sum(row, four),
        edges,
      ),
    ),
  );
  // Parts lie one behind the other, as a further batch.
  const batchOfPart = chunks === 1 ? '' : `  batch += chunk * ${batch}u;\n`;
  return shaderOf({
    label: labelOf(kernel),
    resources: prepared.own,
    target: chunks === 1 ? { kind: 'output' } : PART,
    targetType: dtype,
    targetWidth: prepared.width,
    workgroup: [tile.across, tile.down],
    grid,
    outside: `var<workgroup> panelA: array<vec4<f32>, ${tile.depth * high}>;
var<workgroup> panelB: array<vec4<f32>, ${tile.depth * wide}>;
${prepared.outside}`,
    body: `${head}  let across = block % ${across}u;
  let down = (block / ${across}u) % ${down}u;
  var batch = (block / ${across * down}u) % ${batch}u;
  let chunk = block / ${across * down * batch}u;
${indented(
  rows.flatMap((row) => fours.map((four) => `var ${sum(row, four)} = vec4<f32>();`)),
  1,
)}  for (var step = chunk * ${perChunk}u; step < min(${steps}u, (chunk + 1u) * ${perChunk}u); step++) {
    for (var item = lane; item < ${deep * (high + wide)}u; item += ${threads}u) {
      if (item < ${deep * high}u) {
      ${panel(prepared.a, 'panelA', high, `down * ${high}u`, '0u')}
      } else {
      ${panel(prepared.b, 'panelB', wide, `across * ${wide}u`, `${deep * high}u`)}
      }
    }
    workgroupBarrier();
    for (var depth = 0u; depth < ${tile.depth}u; depth++) {
${indented(
  [
    ...Array.from(
      { length: rowFours },
      (_, four) => `let a${four} = panelA[depth * ${high}u + local.y + ${four * tile.down}u];`,
    ),
    ...fours.map((four) => `let b${four} = panelB[depth * ${wide}u + local.x + ${four * tile.across}u];`),
    ...products,
  ],
  3,
)}    }
    workgroupBarrier();
  }
${batchOfPart}${indented(stores, 1)}`,
  });
}
