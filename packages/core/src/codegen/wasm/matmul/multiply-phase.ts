import { type Code, call, get, i32, repeat, set, type Value, when } from '../assembler.ts';
import type { WasmFeatures } from '../features.ts';
import { eachUnit } from '../loops.ts';
import { type Phase, phaseScope, WORD } from '../program.ts';
import { SCALAR_IMPORTS } from '../vector-math.ts';
import { type Finish, finishPart } from './finish-block.ts';
import { DEPTH, type Layout, stepOf, tileHeights, tileWidths } from './layout.ts';
import { TILE_COLUMNS, TILE_ROWS } from './micro-kernel.ts';
import { offsetAt, operandOf } from './operand.ts';
import { packTile } from './pack.ts';

/** A unit is one block of the result; it is finished once it has been summed over the whole inner dimension. */
export function multiplyPhase(
  layout: Layout,
  inputCount: number,
  features: WasmFeatures,
  finish: Finish | undefined,
): Phase {
  const {
    a,
    b,
    m,
    k,
    n,
    batch,
    panels,
    panelStep,
    panelBytes,
    blockRows,
    blockPanels,
    isADirect,
    isBDirect,
    tables,
  } = layout;
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
        get(operandOf(phase, 0)),
        i32.add(i32.const(a.base), offsetAt(a.batch, get(one), tables, phase.table)),
      ),
    ),
    isBDirect
      ? set(
          bBase,
          i32.add(
            get(operandOf(phase, 1)),
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
          i32.mul(get(panel), i32.const(panelStep)),
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
  const inResult = (row: typeof firstRow): Value<'i32'> =>
    batch === 1 ? get(row) : i32.add(i32.mul(get(one), i32.const(m)), get(row));
  const firstColumn = i32.mul(get(firstPanel), i32.const(TILE_COLUMNS));
  const endColumn = i32.mul(get(endPanel), i32.const(TILE_COLUMNS));
  const isAtEdge = i32.eq(get(endPanel), i32.const(panels));
  const block = {
    firstRow: inResult(firstRow),
    endRow: inResult(endRow),
    firstColumn,
    // The last panel may be wider than what is left.
    columns: i32.sub(
      i32.sub(endColumn, i32.mul(isAtEdge, i32.const(panels * TILE_COLUMNS - n))),
      firstColumn,
    ),
    n,
  };
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
    finish ? finishPart(finish, block, phase, features) : [],
  ];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, body), 'multiply'),
    units: batch * rowBlocks * columnBlocks,
    unitCost: (Math.min(blockRows, m) * Math.min(blockPanels * TILE_COLUMNS, n) * k) / 22,
  };
}
