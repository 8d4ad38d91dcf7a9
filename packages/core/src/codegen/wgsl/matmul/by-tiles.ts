import type { DType } from '../../../graph/dtype.ts';
import { type BufferUse, type Program, program, type Shader, type ShaderTarget } from '../program.ts';
import { partsProgram } from '../reduce.ts';
import { blocks, indented, shaderOf } from '../source.ts';
import { FOUR } from './operand.ts';
import { panelOf } from './panel.ts';
import { labelOf, type Matmul, prepare, store } from './product.ts';

/** A workgroup's part of the result, and how many of its invocations share it in columns and rows. */
interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly across: number;
  readonly down: number;
}

/** From large to small: per invocation 8x8, 8x8 and 4x4 elements. Shared memory is 12, 8 and 4 KiB. */
const TILES: readonly [Tile, Tile, Tile] = [
  { rows: 128, columns: 64, depth: 16, across: 8, down: 16 },
  { rows: 64, columns: 64, depth: 16, across: 8, down: 8 },
  { rows: 32, columns: 32, depth: 16, across: 8, down: 8 },
];
const range = (length: number): number[] => Array.from({ length }, (_, at) => at);
/** Invocations of the workgroups in which an adapter says how many fill it. */
const FULL_WORKGROUP = 256;
const PART: BufferUse = { kind: 'scratch', scratch: 0 };

/**
 * Workgroups multiply tiles: panels of both operands go to shared memory, and each invocation keeps a block of the result in
 * registers, made of parts that lie apart so that neighbours read neighbouring memory.
 */
export function byTiles(kernel: Matmul, inputTypes: readonly DType[], { workgroups }: ShaderTarget): Program {
  const { batch, m, n, dtype, epilogue, shape } = kernel;
  const tile = tileFor(kernel, workgroups);
  const [down, across] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  const enough = (workgroups * FULL_WORKGROUP) / (tile.across * tile.down);
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
  const [down, across] = [Math.ceil(m / tile.rows), Math.ceil(n / tile.columns)];
  const steps = Math.ceil(k / tile.depth);
  const perChunk = Math.ceil(steps / chunks);
  const { grid, head } = blocks(batch * down * across * chunks);
  const [rows, fours] = [range(tile.rows / tile.down), range(tile.columns / 4 / tile.across)];
  const shape = { depth: tile.depth, threads: tile.across * tile.down };
  const left = panelOf(prepared.a, { ...shape, name: 'panelA', length: tile.rows, mayRunAlongDepth: true });
  const right = panelOf(prepared.b, {
    ...shape,
    name: 'panelB',
    length: tile.columns,
    mayRunAlongDepth: false,
  });
  const sum = (row: number, four: number): string => `s${row}_${four}`;
  /** An invocation's rows lie apart by one, or by four, so that its neighbours have what lies beside them. */
  const placeOf = (row: number): string =>
    left.runsAlongDepth
      ? `local.y + ${row * tile.down}u`
      : `(local.y + ${(row >> 2) * tile.down}u) * 4u + ${row & 3}u`;
  const [loadsOfRows, elementOf] = left.runsAlongDepth
    ? [
        rows.map((row) => `let a${row} = ${left.at(placeOf(row), 'four')};`),
        (row: number, depth: number) => `a${row}[${depth}]`,
      ]
    : [
        FOUR.flatMap((depth) =>
          rows
            .filter((row) => row % 4 === 0)
            .map(
              (row) =>
                `let a${row}_${depth} = ${left.at(`local.y + ${(row >> 2) * tile.down}u`, `four * 4u + ${depth}u`)};`,
            ),
        ),
        (row: number, depth: number) => `a${row - (row & 3)}_${depth}[${row & 3}]`,
      ];
  const loadsOfColumns = FOUR.flatMap((depth) =>
    fours.map(
      (four) =>
        `let b${depth}_${four} = ${right.at(`local.x + ${four * tile.across}u`, `four * 4u + ${depth}u`)};`,
    ),
  );
  const products = rows.flatMap((row) =>
    fours.flatMap((four) =>
      FOUR.map((depth) => `${sum(row, four)} += ${elementOf(row, depth)} * b${depth}_${four};`),
    ),
  );
  const edges = { rows: m % tile.rows !== 0, columns: n % tile.columns !== 0 };
  const stores = rows.flatMap((row) =>
    fours.map((four) =>
      store(
        kernel,
        prepared.width,
        `(down * ${tile.rows}u + ${placeOf(row)})`,
        `(across * ${tile.columns / 4}u + local.x + ${four * tile.across}u)`,
        sum(row, four),
        edges,
      ),
    ),
  );
  // What the next step needs is on its way while this one is multiplied.
  const fetch = [...left.fetch(`down * ${tile.rows}u`), ...right.fetch(`across * ${tile.columns}u`)];
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
    outside: left.declaration + right.declaration + prepared.outside,
    body: `${head}  let across = block % ${across}u;
  let down = (block / ${across}u) % ${down}u;
  var batch = (block / ${across * down}u) % ${batch}u;
  let chunk = block / ${across * down * batch}u;
  var step = chunk * ${perChunk}u;
  let end = min(${steps}u, step + ${perChunk}u);
${indented(
  rows.flatMap((row) => fours.map((four) => `var ${sum(row, four)} = vec4<f32>();`)),
  1,
)}${indented([...left.registers, ...right.registers, ...fetch], 1)}  while (step < end) {
${indented([...left.put, ...right.put], 2)}    workgroupBarrier();
    step++;
    if (step < end) {
${indented(fetch, 3)}    }
    for (var four = 0u; four < ${tile.depth / 4}u; four++) {
${indented([...loadsOfRows, ...loadsOfColumns, ...products], 3)}    }
    workgroupBarrier();
  }
${batchOfPart}${indented(stores, 1)}`,
  });
}
