import type { DType } from '../../../graph/dtype.ts';
import { type BufferUse, type Program, program, type Shader, type ShaderTarget } from '../program.ts';
import { partsProgram } from '../reduce.ts';
import { blocks, indented, shaderOf } from '../source.ts';
import type { Operand } from './operand.ts';
import { labelOf, type Matmul, prepare, store } from './product.ts';

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
const LARGE_THREADS = 256;
const PART: BufferUse = { kind: 'scratch', scratch: 0 };

/**
 * Workgroups multiply tiles: panels of both operands go to shared memory, and each invocation keeps a block of the result in
 * registers, made of 4x4 blocks that lie apart so that neighbours read neighbouring memory.
 */
export function byTiles(kernel: Matmul, inputTypes: readonly DType[], { workgroups }: ShaderTarget): Program {
  const { batch, m, n, dtype, epilogue, shape } = kernel;
  const tile = tileFor(kernel, workgroups);
  const [down, across] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  // What is enough is said in workgroups of the large tiles.
  const enough = (workgroups * LARGE_THREADS) / (tile.across * tile.down);
  const chunks = chunksOf(kernel, enough / (batch * down * across), tile);
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
