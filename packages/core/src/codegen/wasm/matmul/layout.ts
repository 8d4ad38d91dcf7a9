import type { Kernel } from '../../../schedule/kernel.ts';
import { WORD } from '../program.ts';
import { TILE_COLUMNS, TILE_ROWS } from './micro-kernel.ts';
import {
  type MatrixOperand,
  matrixOperand,
  type Offsets,
  type PlacedTables,
  placeTables,
} from './operand.ts';

/** Steps of the inner dimension between two looks at the result: a panel of b of this depth fits the first-level cache. */
export const DEPTH = 512;
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

/** How a product is cut into blocks, and which operands are packed. */
export interface Layout {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly a: MatrixOperand;
  readonly b: MatrixOperand;
  readonly isADirect: boolean;
  readonly isBDirect: boolean;
  readonly panels: number;
  /** From a panel of b to the next, where b is read in place. */
  readonly panelStep: number;
  readonly panelBytes: number;
  readonly blockRows: number;
  readonly blockPanels: number;
  readonly tables: PlacedTables;
}

const isStill = (offsets: Offsets): boolean =>
  offsets.length === 1 || (offsets.kind === 'even' && offsets.step === 0);
const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

export function layOut(kernel: Extract<Kernel, { kind: 'matmul' }>): Layout {
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
  const panelStep = n % TILE_COLUMNS === 0 ? panelStepOf(b.columns) : undefined;
  const isPacked = panelStep !== undefined && stepOf(b.rows) === TILE_COLUMNS * WORD;
  const isBDirect =
    isForward(b.rows) && panelStep !== undefined && (isPacked || m <= FEW_ROWS || k * n <= SMALL_B);
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
    panelStep: panelStep ?? 0,
    panelBytes: k * TILE_COLUMNS * WORD,
    blockRows,
    blockPanels,
    tables,
  };
}

/** How far panels of whole vectors lie apart, in bytes; undefined where the columns lie otherwise. */
function panelStepOf(columns: Offsets): number | undefined {
  if (columns.kind === 'even') return columns.step === WORD ? TILE_COLUMNS * WORD : undefined;
  const { offsets } = columns;
  const step = offsets[TILE_COLUMNS] ?? 0;
  const isEven = offsets.every(
    (offset, index) => offset === Math.floor(index / TILE_COLUMNS) * step + (index % TILE_COLUMNS) * WORD,
  );
  return isEven && step > 0 ? step : undefined;
}

export const stepOf = (offsets: Offsets): number => (offsets.kind === 'even' ? offsets.step : 0);

/** Of whole tiles, and of the last one if it is smaller. */
export const tileHeights = ({ m }: Layout): number[] =>
  m % TILE_ROWS === 0 ? [TILE_ROWS] : [TILE_ROWS, m % TILE_ROWS];
export const tileWidths = ({ n }: Layout): number[] =>
  n % TILE_COLUMNS === 0 ? [TILE_COLUMNS] : [TILE_COLUMNS, n % TILE_COLUMNS];
