import { type Code, get, i32, type Local, repeat, set, type Value, v128, when } from './assembler.ts';
import { costOf, weightOf } from './element-loop.ts';
import { writeVector } from './elementwise.ts';
import { type Leaf, lanesOf, nothingKnown } from './expression.ts';
import type { WasmFeatures } from './features.ts';
import { finished } from './finish.ts';
import { foldIdentity, foldInto, foldLanes } from './fold.ts';
import { foldNest, type Reduce } from './fold-nest.ts';
import { type PlacedLeaf, pointerReading } from './leaves.ts';
import { advance, countDown, eachUnit, innerLoop, loopAxes, type Pointer, seek } from './loops.ts';
import { type Phase, phaseScope, WORD } from './program.ts';
import type { Lanes } from './vector-math.ts';

type Vector = Value<'v128'>;

/** Columns that one unit folds. */
const COLUMNS = 512;
/**
 * Rows that are folded in registers before the sums so far are loaded and stored: few enough streams to be prefetched, and
 * about as many as there are blocks, so that long sums lose little.
 */
const rowsPerBlock = (rows: number): number => (rows > 4_096 ? 128 : rows > 1_024 ? 32 : 16);

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** Neighbouring output elements together: the loads walk along them. */
export function foldColumns(kernel: Reduce, inputCount: number, features: WasmFeatures): Phase {
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const { lengths, boundary, pointerOf, out, folded, finishing } = foldNest(kernel, phase);
  const all = [...folded, ...finishing];
  const { expression, fn, epilogue } = kernel;
  const { dtype } = expression;
  const column = boundary - 1;
  const width = lengths[column] ?? 1;
  const weight = weightOf(expression);
  const chunks = Math.ceil(width / COLUMNS);
  const chunkLengths = [...lengths.slice(0, column), chunks];
  const chunked = all.map((pointer) => ({
    ...pointer,
    steps: pointer.steps.map((step, axis) => (axis === column ? step * COLUMNS : step)),
  }));
  const chunkWidth = scope.local('i32');
  const count = product(lengths.slice(boundary));
  const rowsAxis = lengths[boundary] ?? 1;
  const rowsOfBlock = rowsPerBlock(rowsAxis);
  const isBlocked = lengths.length === boundary + 1 && rowsAxis > 2 * rowsOfBlock;
  // Over several axes, the innermost is summed by itself first: long sums lose their small terms otherwise.
  const isTwofold = !isBlocked && lengths.length > boundary + 1 && count > 64;
  const last = lengths.length - 1;
  // Inside a group of columns the loads walk down the rows with pointers of their own.
  const walkers = new Map<Pointer, Pointer>(
    folded.map((pointer) => [pointer, { ...pointer, local: scope.local('i32') }]),
  );
  const walkerOf = (leaf: PlacedLeaf): Pointer => {
    const pointer = pointerOf(leaf);
    return walkers.get(pointer) ?? pointer;
  };
  const reading = pointerReading(walkerOf, column);
  const moving = [...walkers.values()];
  const startWalk = [...walkers].map(([from, to]) => set(to.local, get(from.local)));
  const isFirst = scope.local('i32');
  const isLast = scope.local('i32');
  const rows = scope.local('i32');
  const blockRows = scope.local('i32');

  const store = (value: Vector, at: number, isSingle: boolean): Code =>
    isSingle ? v128.store32Lane(get(out.local), value, 0) : writeVector(out, WORD, 4 * at, value);
  /** Writes sums, or, when all rows have been folded, what the epilogue makes of them. */
  const write = (sum: Vector, at: number, isSingle: boolean): Code => {
    const after = pointerReading(pointerOf, column);
    const read = isSingle ? after.single : (leaf: Leaf) => after.vector(leaf, 4 * at);
    const result = finished({ scope, features }, epilogue, sum, read);
    const whole = [result.code, store(result.value, at, isSingle)];
    return epilogue && isBlocked ? when(get(isLast), whole, store(sum, at, isSingle)) : whole;
  };

  const group = (vectorCount: number, isSingle: boolean): Code => {
    const sums = Array.from({ length: vectorCount }, () => scope.local('v128'));
    const totals = isTwofold ? sums.map(() => scope.local('v128')) : sums;
    const lanes: Lanes = { scope, features, statements: [] };
    const values = sums.map((_, at) =>
      lanesOf(
        expression,
        lanes,
        isSingle ? reading.single : (leaf) => reading.vector(leaf, 4 * at),
        nothingKnown(),
      ),
    );
    const add = (sum: Local<'v128'>, at: number): Code => {
      const adding: Lanes = { scope, features, statements: [] };
      const value = values[at];
      const folding = value ? foldInto(adding, fn, dtype, sum, value) : [];
      return [adding.statements, folding];
    };
    const step: Code = [lanes.statements, sums.map(add)];
    const start = (at: number): Code => {
      const sum = totals[at];
      if (!sum) return [];
      const before = isSingle ? v128.loadSplat(get(out.local)) : v128.load(get(out.local), 16 * at);
      const identity = set(sum, foldIdentity(fn, dtype));
      return isBlocked ? when(get(isFirst), identity, set(sum, before)) : identity;
    };
    const walk = isBlocked
      ? [
          set(rows, get(blockRows)),
          countDown(rows, [step, moving.map(({ local, steps }) => advance(local, steps[boundary] ?? 0))]),
        ]
      : isTwofold
        ? loopAxes(scope, lengths, boundary, last, moving, [
            sums.map((sum) => set(sum, foldIdentity(fn, dtype))),
            loopAxes(scope, lengths, last, last + 1, moving, step),
            sums.map((sum, at) => {
              const total = totals[at] ?? sum;
              return set(total, foldLanes(fn, dtype, get(total), get(sum)));
            }),
          ])
        : loopAxes(scope, lengths, boundary, lengths.length, moving, step);
    return [
      startWalk,
      sums.map((_, at) => start(at)),
      walk,
      totals.map((sum, at) => write(get(sum), at, isSingle)),
    ];
  };
  const unroll = weight <= 4 ? 4 : 1;
  const across = innerLoop(
    scope,
    chunkWidth,
    unroll,
    all,
    column,
    (count) => group(count, false),
    () => group(1, true),
  );
  const row = scope.local('i32');
  // Going across leaves the pointers at the chunk's end; the next block starts below the chunk's first column.
  const back = (pointer: Pointer): Code =>
    set(
      pointer.local,
      i32.sub(get(pointer.local), i32.mul(get(chunkWidth), i32.const(pointer.steps[column] ?? 0))),
    );
  const blocks: Code = isBlocked
    ? [
        set(row, i32.const(0)),
        repeat(
          row,
          i32.const(rowsAxis),
          rowsOfBlock,
          set(isFirst, i32.eqz(get(row))),
          set(blockRows, i32.sub(i32.const(rowsAxis), get(row))),
          when(i32.gt(get(blockRows), i32.const(rowsOfBlock)), set(blockRows, i32.const(rowsOfBlock))),
          set(isLast, i32.ge(i32.add(get(row), get(blockRows)), i32.const(rowsAxis))),
          across,
          all.map(back),
          [...walkers.keys()].map(({ local, steps }) => advance(local, (steps[boundary] ?? 0) * rowsOfBlock)),
        ),
      ]
    : across;
  const body = [
    seek(scope, get(phase.begin), chunkLengths, chunkLengths.length, chunked),
    set(
      chunkWidth,
      i32.sub(i32.const(width), i32.mul(i32.remU(get(phase.begin), i32.const(chunks)), i32.const(COLUMNS))),
    ),
    when(i32.gt(get(chunkWidth), i32.const(COLUMNS)), set(chunkWidth, i32.const(COLUMNS))),
    blocks,
  ];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, body), 'foldColumns'),
    units: product(chunkLengths),
    unitCost: Math.min(width, COLUMNS) * count * costOf(weight),
  };
}
