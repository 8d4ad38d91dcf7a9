import type { Expression, Kernel, MatrixView } from '../../../schedule/kernel.ts';
import { isSameShape } from '../../../tensor/shape.ts';
import { type Code, call, type FunctionCode, get, i32, repeat, set, type Value, when } from '../assembler.ts';
import type { WasmFeatures } from '../features.ts';
import { eachUnit } from '../loops.ts';
import { type Phase, type Program, phaseScope, WORD } from '../program.ts';
import { reduceProgram } from '../reduce.ts';
import { SCALAR_IMPORTS } from '../vector-math.ts';
import { microKernel, TILE_COLUMNS, TILE_ROWS } from './micro-kernel.ts';
import {
  type MatrixOperand,
  matrixOperand,
  type Offsets,
  offsetAt,
  type PlacedTables,
  placeTables,
} from './operand.ts';
import { packTile } from './pack.ts';

type Matmul = Extract<Kernel, { kind: 'matmul' }>;

/** Steps of the inner dimension between two looks at the result: a panel of b of this depth fits the first-level cache. */
const DEPTH = 512;
/** Rows of a that are packed together: with DEPTH a quarter of the second-level cache. */
const BLOCK_ROWS = 20 * TILE_ROWS;
/** Elements of a that are read in place: what fits the caches gains nothing from packing. */
const SMALL_A = 48 * 1_024;
/** Below so many rows, packing b costs more than it brings. */
const FEW_ROWS = 40;
const SMALL_B = 8 * 1_024;
/** Rows and columns of a block when blocks are what threads share. */
const LEAST_ROWS = 4 * TILE_ROWS;
const LEAST_COLUMNS = 8 * TILE_COLUMNS;

/** Matrix product with packed panels around a register-blocked micro-kernel (Goto and van de Geijn 2008). */
export function matmulProgram(kernel: Matmul, inputCount: number, features: WasmFeatures): Program {
  const line = asReduce(kernel);
  if (line) return reduceProgram(line, inputCount, features);
  const layout = layOut(kernel);
  const helpers = [...microKernels(layout, features)];
  const phases = layout.isBDirect ? [] : [packPhase(layout, inputCount)];
  return {
    helpers,
    phases: [...phases, multiplyPhase(layout, inputCount)],
    sharedScratch: layout.isBDirect ? 0 : layout.b.batch.length * layout.panels * layout.panelBytes + 64,
    threadScratch: layout.isADirect ? 0 : layout.blockRows * Math.min(layout.k, DEPTH) * WORD + 64,
    table: layout.tables.table,
  };
}

/** A product with a vector is a fold: it runs at the speed of memory. */
function asReduce(kernel: Matmul): Extract<Kernel, { kind: 'reduce' }> | undefined {
  const { a, b, m, n, k, batch } = kernel;
  if ((m !== 1 && n !== 1) || k < 2) return undefined;
  const parts = (view: MatrixView, from: number, to: number): { shape: number[]; strides: number[] } => ({
    shape: view.shape.slice(from, to),
    strides: view.strides.slice(from, to),
  });
  const [aBatch, aRows, aDepth] = [
    parts(a, 0, a.split[0]),
    parts(a, ...a.split),
    parts(a, a.split[1], a.shape.length),
  ];
  const [bBatch, bDepth, bColumns] = [
    parts(b, 0, b.split[0]),
    parts(b, ...b.split),
    parts(b, b.split[1], b.shape.length),
  ];
  if (!isSameShape(aBatch.shape, bBatch.shape) || !isSameShape(aDepth.shape, bDepth.shape)) return undefined;
  const kept = n === 1 ? aRows.shape : bColumns.shape;
  const still = kept.map(() => 0);
  const shape = [...aBatch.shape, ...kept, ...aDepth.shape];
  const load = (input: number, offset: number, ...strides: readonly number[]): Expression => ({
    kind: 'load',
    input,
    view: { shape, strides, offset },
    dtype: 'float32',
  });
  const left = load(0, a.offset, ...aBatch.strides, ...(n === 1 ? aRows.strides : still), ...aDepth.strides);
  const right = load(
    1,
    b.offset,
    ...bBatch.strides,
    ...(n === 1 ? still : bColumns.strides),
    ...bDepth.strides,
  );
  return {
    kind: 'reduce',
    fn: 'sum',
    shape: [batch, m, n],
    dtype: 'float32',
    inner: k,
    innerShape: aDepth.shape,
    expression: { kind: 'apply', fn: 'mul', operands: [left, right], dtype: 'float32' },
  };
}

interface Layout {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly a: MatrixOperand;
  readonly b: MatrixOperand;
  readonly isADirect: boolean;
  readonly isBDirect: boolean;
  readonly panels: number;
  readonly panelBytes: number;
  readonly blockRows: number;
  readonly blockPanels: number;
  readonly tables: PlacedTables;
}

const isStill = (offsets: Offsets): boolean =>
  offsets.length === 1 || (offsets.kind === 'even' && offsets.step === 0);
const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

function layOut(kernel: Matmul): Layout {
  const { k, n } = kernel;
  let { batch, m } = kernel;
  let a = matrixOperand(kernel.a);
  let b = matrixOperand(kernel.b);
  if (batch > 1 && isStill(b.batch)) {
    // One b for all: the batch is nothing but more rows.
    a = matrixOperand({ ...kernel.a, split: [0, kernel.a.split[1]] });
    b = { ...b, batch: { kind: 'even', length: 1, step: 0 } };
    m *= batch;
    batch = 1;
  }
  const isForward = (offsets: Offsets): boolean => offsets.kind === 'even' && offsets.step >= 0;
  // The last tile reads the rows there are and no others, so a may be read in place; b is read by whole vectors.
  const isADirect = isForward(a.rows) && isForward(a.columns) && (m * k <= SMALL_A || n <= TILE_COLUMNS);
  const isBDirect =
    isForward(b.rows) &&
    b.columns.kind === 'even' &&
    b.columns.step === WORD &&
    n % TILE_COLUMNS === 0 &&
    (m <= FEW_ROWS || k * n <= SMALL_B);
  const panels = Math.ceil(n / TILE_COLUMNS);
  // Enough blocks for a few threads, unless the work is too small to share.
  const isShared = 2 * batch * m * n * k > 1e6;
  const parts = isShared ? Math.ceil(8 / batch) : 1;
  const blockRows = Math.min(BLOCK_ROWS, Math.max(LEAST_ROWS, roundUp(Math.ceil(m / parts), TILE_ROWS)));
  const columnParts = Math.max(1, Math.floor(parts / Math.ceil(m / blockRows)));
  const blockPanels = Math.max(LEAST_COLUMNS / TILE_COLUMNS, Math.ceil(panels / columnParts));
  const tables = placeTables([a.batch, a.rows, a.columns, b.batch, b.rows, b.columns]);
  return {
    batch,
    m,
    k,
    n,
    a,
    b,
    isADirect,
    isBDirect,
    panels,
    panelBytes: k * TILE_COLUMNS * WORD,
    blockRows,
    blockPanels,
    tables,
  };
}

const stepOf = (offsets: Offsets): number => (offsets.kind === 'even' ? offsets.step : 0);

/** Kernels for whole and last tiles: [rows][columns], where index 1 is the last one, if it is smaller. */
function microKernels(layout: Layout, features: WasmFeatures): FunctionCode[] {
  const { a, b, n, isADirect, isBDirect } = layout;
  return tileHeights(layout).flatMap((rows) =>
    tileWidths(layout).map((columns) =>
      microKernel(
        {
          name: `tile${rows}x${columns}`,
          rows,
          columns,
          aRow: isADirect ? stepOf(a.rows) : WORD,
          aStep: isADirect ? stepOf(a.columns) : rows * WORD,
          bStep: isBDirect ? stepOf(b.rows) : TILE_COLUMNS * WORD,
          cRow: n * WORD,
        },
        features,
      ),
    ),
  );
}

const tileHeights = ({ m }: Layout): number[] =>
  m % TILE_ROWS === 0 ? [TILE_ROWS] : [TILE_ROWS, m % TILE_ROWS];
const tileWidths = ({ n }: Layout): number[] =>
  n % TILE_COLUMNS === 0 ? [TILE_COLUMNS] : [TILE_COLUMNS, n % TILE_COLUMNS];

/** Packs all of b; a unit is one panel. */
function packPhase(layout: Layout, inputCount: number): Phase {
  const { b, k, panels, panelBytes, tables } = layout;
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const source = scope.local('i32');
  const firstLine = scope.local('i32');
  const target = scope.local('i32');
  const batch = i32.divU(get(phase.begin), i32.const(panels));
  const body = [
    set(
      source,
      i32.add(
        get(inputOf(phase, 1)),
        i32.add(i32.const(b.base), offsetAt(b.batch, batch, tables, phase.table)),
      ),
    ),
    set(firstLine, i32.mul(i32.remU(get(phase.begin), i32.const(panels)), i32.const(TILE_COLUMNS))),
    set(target, i32.add(get(phase.sharedScratch), i32.mul(get(phase.begin), i32.const(panelBytes)))),
    packTile({
      scope,
      lines: TILE_COLUMNS,
      lineOffsets: b.columns,
      depthOffsets: b.rows,
      source,
      firstLine,
      from: i32.const(0),
      to: i32.const(k),
      target,
      tables,
      table: phase.table,
    }),
  ];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, body), 'packB'),
    units: b.batch.length * panels,
    unitCost: k * 4,
  };
}

function inputOf(phase: ReturnType<typeof phaseScope>, index: number) {
  const input = phase.inputs[index];
  if (!input) throw new RangeError('A matrix product has two inputs.');
  return input;
}

/** A unit is one block of the result. */
function multiplyPhase(layout: Layout, inputCount: number): Phase {
  const { a, b, m, k, n, batch, panels, panelBytes, blockRows, blockPanels, isADirect, isBDirect, tables } =
    layout;
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const rowBlocks = Math.ceil(m / blockRows);
  const columnBlocks = Math.ceil(panels / blockPanels);
  const names = [
    'one',
    'firstRow',
    'endRow',
    'firstPanel',
    'endPanel',
    'aBase',
    'bBase',
    'cBase',
    'row',
    'panel',
  ] as const;
  const local = Object.fromEntries(names.map((name) => [name, scope.local('i32')]));
  const of = (name: (typeof names)[number]) => local[name] ?? phase.begin;
  const [one, firstRow, endRow] = [of('one'), of('firstRow'), of('endRow')];
  const [firstPanel, endPanel, aBase, bBase] = [of('firstPanel'), of('endPanel'), of('aBase'), of('bBase')];
  const [cBase, row, panel] = [of('cBase'), of('row'), of('panel')];
  const depthFrom = scope.local('i32');
  const depth = scope.local('i32');
  const target = scope.local('i32');
  const aTile = scope.local('i32');
  const bTile = scope.local('i32');
  const cTile = scope.local('i32');
  const heights = tileHeights(layout);
  const widths = tileWidths(layout);
  const rest = m % TILE_ROWS;

  const inBlock = i32.remU(get(phase.begin), i32.const(rowBlocks * columnBlocks));
  const clamp = (value: typeof endRow, limit: number): Code =>
    when(i32.gt(get(value), i32.const(limit)), set(value, i32.const(limit)));
  const place = [
    set(one, i32.divU(get(phase.begin), i32.const(rowBlocks * columnBlocks))),
    set(firstRow, i32.mul(i32.divU(inBlock, i32.const(columnBlocks)), i32.const(blockRows))),
    set(endRow, i32.add(get(firstRow), i32.const(blockRows))),
    clamp(endRow, m),
    set(firstPanel, i32.mul(i32.remU(inBlock, i32.const(columnBlocks)), i32.const(blockPanels))),
    set(endPanel, i32.add(get(firstPanel), i32.const(blockPanels))),
    clamp(endPanel, panels),
    set(
      aBase,
      i32.add(
        get(inputOf(phase, 0)),
        i32.add(i32.const(a.base), offsetAt(a.batch, get(one), tables, phase.table)),
      ),
    ),
    isBDirect
      ? set(
          bBase,
          i32.add(
            get(inputOf(phase, 1)),
            i32.add(i32.const(b.base), offsetAt(b.batch, get(one), tables, phase.table)),
          ),
        )
      : set(
          bBase,
          i32.add(
            get(phase.sharedScratch),
            b.batch.length === 1 ? i32.const(0) : i32.mul(get(one), i32.const(panels * panelBytes)),
          ),
        ),
    set(cBase, i32.add(get(phase.output), i32.mul(get(one), i32.const(m * n * WORD)))),
  ];

  const depthLimit = Math.min(k, DEPTH);
  const packRows = (lines: number): Code =>
    packTile({
      scope,
      lines,
      lineOffsets: a.rows,
      depthOffsets: a.columns,
      source: aBase,
      firstLine: row,
      from: get(depthFrom),
      to: i32.add(get(depthFrom), get(depth)),
      target,
      tables,
      table: phase.table,
    });
  const isLastRows = i32.gt(i32.add(get(row), i32.const(TILE_ROWS)), i32.const(m));
  const packA = isADirect
    ? []
    : [
        set(row, get(firstRow)),
        set(target, get(phase.threadScratch)),
        repeat(
          row,
          get(endRow),
          TILE_ROWS,
          rest === 0 ? packRows(TILE_ROWS) : when(isLastRows, packRows(rest), packRows(TILE_ROWS)),
          set(target, i32.add(get(target), i32.mul(get(depth), i32.const(TILE_ROWS * WORD)))),
        ),
      ];

  const helper = (rowKind: number, columnKind: number): Code =>
    call(
      SCALAR_IMPORTS.length + rowKind * widths.length + columnKind,
      get(aTile),
      get(bTile),
      get(cTile),
      get(depth),
      i32.eqz(get(depthFrom)),
    );
  const oneRow = (columnKind: number): Code =>
    heights.length === 1
      ? helper(0, columnKind)
      : when(isLastRows, helper(1, columnKind), helper(0, columnKind));
  const isLastPanel = i32.eq(get(panel), i32.const(panels - 1));
  const nextA: Value<'i32'> = isADirect
    ? i32.const(stepOf(a.rows) * TILE_ROWS)
    : i32.mul(get(depth), i32.const(TILE_ROWS * WORD));
  const startA: Value<'i32'> = isADirect
    ? i32.add(
        get(aBase),
        i32.add(
          i32.mul(get(firstRow), i32.const(stepOf(a.rows))),
          i32.mul(get(depthFrom), i32.const(stepOf(a.columns))),
        ),
      )
    : get(phase.threadScratch);
  const startB: Value<'i32'> = isBDirect
    ? i32.add(
        get(bBase),
        i32.add(
          i32.mul(get(panel), i32.const(TILE_COLUMNS * WORD)),
          i32.mul(get(depthFrom), i32.const(stepOf(b.rows))),
        ),
      )
    : i32.add(
        get(bBase),
        i32.add(
          i32.mul(get(panel), i32.const(panelBytes)),
          i32.mul(get(depthFrom), i32.const(TILE_COLUMNS * WORD)),
        ),
      );
  const tiles = (columnKind: number): Code => [
    set(row, get(firstRow)),
    set(aTile, startA),
    set(
      cTile,
      i32.add(
        get(cBase),
        i32.add(
          i32.mul(get(firstRow), i32.const(n * WORD)),
          i32.mul(get(panel), i32.const(TILE_COLUMNS * WORD)),
        ),
      ),
    ),
    repeat(
      row,
      get(endRow),
      TILE_ROWS,
      oneRow(columnKind),
      set(aTile, i32.add(get(aTile), nextA)),
      set(cTile, i32.add(get(cTile), i32.const(TILE_ROWS * n * WORD))),
    ),
  ];
  const acrossPanels = [
    set(panel, get(firstPanel)),
    repeat(
      panel,
      get(endPanel),
      1,
      set(bTile, startB),
      widths.length === 1 ? tiles(0) : when(isLastPanel, tiles(1), tiles(0)),
    ),
  ];
  const body = [
    place,
    set(depthFrom, i32.const(0)),
    repeat(
      depthFrom,
      i32.const(k),
      depthLimit,
      set(depth, i32.sub(i32.const(k), get(depthFrom))),
      when(i32.gt(get(depth), i32.const(depthLimit)), set(depth, i32.const(depthLimit))),
      packA,
      acrossPanels,
    ),
  ];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, body), 'multiply'),
    units: batch * rowBlocks * columnBlocks,
    unitCost: (Math.min(blockRows, m) * Math.min(blockPanels * TILE_COLUMNS, n) * k) / 22,
  };
}
