import type { Expression, Kernel } from '../../schedule/kernel.ts';
import { contiguousView } from '../../schedule/view.ts';
import { type Code, get, i32, repeat, set, type Value, v128, when } from './assembler.ts';
import { countNodes, hoisted, isPlaced, writeVector } from './elementwise.ts';
import { lanesOf } from './expression.ts';
import type { WasmFeatures } from './features.ts';
import { foldIdentity, foldLanes, newAccumulator, RUN } from './fold.ts';
import { leafPointers, placedLeaves, readSingle, readVector } from './leaves.ts';
import { advance, coalesce, countDown, eachUnit, innerLoop, loopAxes, type Pointer, seek } from './loops.ts';
import { type Phase, type Program, phaseScope, WORD } from './program.ts';
import type { Lanes } from './vector-math.ts';

type Vector = Value<'v128'>;
type Reduce = Extract<Kernel, { kind: 'reduce' }>;

/** Columns that one unit folds. */
const COLUMNS = 512;
/**
 * Rows that are folded in registers before the sums so far are loaded and stored: few enough streams to be prefetched, and
 * about as many as there are blocks, so that long sums lose little.
 */
const rowsPerBlock = (rows: number): number => (rows > 4_096 ? 128 : rows > 1_024 ? 32 : 16);

/** Folds an expression over its last axes. */
export function reduceProgram(kernel: Reduce, inputCount: number, features: WasmFeatures): Program {
  const kept = keptShape(kernel);
  const leaves = placedLeaves([kernel.expression]);
  const shape = [...kept, ...kernel.innerShape];
  const merged = coalesce(
    shape,
    leaves.map((leaf) => leaf.view),
    kept.length,
  );
  const strides = (axis: number): number[] => merged.strides.map((own) => own[axis] ?? 0);
  const lastKept = strides(merged.boundary - 1);
  const lastReduced = strides(merged.lengths.length - 1);
  // Whichever axis the loads walk element by element, or not at all, is the one to take four of at a time.
  const apart = (list: readonly number[]): number =>
    list.filter((stride) => stride !== 0 && stride !== 1).length;
  const isReducedLong = merged.lengths.length > merged.boundary;
  const isByColumns =
    merged.boundary > 0 &&
    (merged.lengths[merged.boundary - 1] ?? 1) >= 4 &&
    (!isReducedLong || apart(lastKept) < apart(lastReduced) || (merged.lengths.at(-1) ?? 1) < 4);
  return {
    phases: [isByColumns ? byColumns(kernel, inputCount, features) : byRows(kernel, inputCount, features)],
  };
}

function keptShape(kernel: Reduce): number[] {
  const first = placedLeaves([kernel.expression])[0];
  if (!first) return [...kernel.shape];
  return first.view.shape.slice(0, first.view.shape.length - kernel.innerShape.length);
}

interface Prepared {
  readonly lengths: readonly number[];
  readonly boundary: number;
  readonly pointers: ReadonlyMap<Expression, Pointer>;
  readonly out: Pointer;
  readonly all: readonly Pointer[];
}

function prepare(kernel: Reduce, phase: ReturnType<typeof phaseScope>): Prepared {
  const leaves = placedLeaves([kernel.expression]);
  const kept = keptShape(kernel);
  const shape = [...kept, ...kernel.innerShape];
  const target = contiguousView(kept);
  const outView = { shape, strides: [...target.strides, ...kernel.innerShape.map(() => 0)], offset: 0 };
  const merged = coalesce(shape, [outView, ...leaves.map((leaf) => leaf.view)], kept.length);
  const { boundary } = merged;
  // There is at least one axis to keep and one to fold, of length 1 if need be.
  const pad = (list: readonly number[], filler: number): number[] => [
    ...(boundary === 0 ? [filler] : list.slice(0, boundary)),
    ...(merged.lengths.length === boundary ? [filler] : list.slice(boundary)),
  ];
  const lengths = pad(merged.lengths, 1);
  const strides = merged.strides.map((own) => pad(own, 0));
  const pointers = leafPointers(phase.scope, leaves, strides.slice(1), phase.inputs);
  const out: Pointer = {
    local: phase.scope.local('i32'),
    start: get(phase.output),
    steps: (strides[0] ?? []).map((stride) => stride * WORD),
  };
  const all = [...new Set([out, ...pointers.values()])];
  return { lengths, boundary: Math.max(1, boundary), pointers, out, all };
}

const product = (list: readonly number[]): number => list.reduce((a, b) => a * b, 1);

/** One output element at a time, four elements of the last folded axis at a time. */
function byRows(kernel: Reduce, inputCount: number, features: WasmFeatures): Phase {
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const { lengths, boundary, pointers, out, all } = prepare(kernel, phase);
  const { expression, fn } = kernel;
  const { dtype } = expression;
  const inner = lengths.length - 1;
  const length = lengths[inner] ?? 1;
  const folded = product(lengths.slice(boundary));
  const pointerOf = (leaf: Expression): Pointer => pointers.get(leaf) ?? out;
  const weight = countNodes(expression);
  const unroll = weight <= 8 ? 4 : 1;
  const accumulator = newAccumulator(scope, fn, dtype, unroll, folded > RUN);
  const before: Lanes = { scope, features, statements: [] };
  const known = hoisted(expression, before, pointerOf, inner);
  const vectors = (count: number): Code => {
    const lanes: Lanes = { scope, features, statements: [] };
    const values = Array.from({ length: count }, (_, at) =>
      lanesOf(
        expression,
        lanes,
        (leaf) =>
          isPlaced(leaf)
            ? readVector(leaf, pointerOf(leaf), pointerOf(leaf).steps[inner] ?? 0, 4 * at)
            : v128.ints(0),
        new Map(known),
      ),
    );
    return [lanes.statements, values.map((value, at) => accumulator.vector(at, value))];
  };
  const single = (): Code => {
    const lanes: Lanes = { scope, features, statements: [] };
    const one = (leaf: Expression): Vector =>
      isPlaced(leaf) ? readSingle(leaf, pointerOf(leaf)) : v128.ints(0);
    const value = lanesOf(expression, lanes, one, new Map(known));
    return [lanes.statements, accumulator.single(value)];
  };
  // A long row is folded in runs.
  const left = scope.local('i32');
  const run = scope.local('i32');
  const row: Code =
    length > RUN
      ? [
          set(left, i32.const(0)),
          repeat(
            left,
            i32.const(length),
            RUN,
            set(run, i32.sub(i32.const(length), get(left))),
            when(i32.gt(get(run), i32.const(RUN)), set(run, i32.const(RUN))),
            innerLoop(scope, run, unroll, all, inner, vectors, single),
            accumulator.endRun,
          ),
        ]
      : [innerLoop(scope, length, unroll, all, inner, vectors, single), accumulator.endRun];
  const fold = loopAxes(scope, lengths, boundary, inner, all, [before.statements, row]);
  const element: Code = [
    accumulator.start,
    fold,
    accumulator.finish,
    v128.store32Lane(get(out.local), get(accumulator.result), 0),
  ];
  let split = boundary - 1;
  const keptLength = lengths[split] ?? 1;
  if (keptLength * folded > 4 * RUN) split = boundary;
  const body = [
    seek(scope, get(phase.begin), lengths, split, all),
    loopAxes(scope, lengths, split, boundary, all, element),
  ];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, body), 'fold'),
    units: product(lengths.slice(0, split)),
    unitCost: product(lengths.slice(split)) * (0.15 + 0.1 * weight),
  };
}

/** Neighbouring output elements together: the loads walk along them. */
function byColumns(kernel: Reduce, inputCount: number, features: WasmFeatures): Phase {
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const { lengths, boundary, pointers, out, all } = prepare(kernel, phase);
  const { expression, fn } = kernel;
  const { dtype } = expression;
  const column = boundary - 1;
  const width = lengths[column] ?? 1;
  const weight = countNodes(expression);
  const chunks = Math.ceil(width / COLUMNS);
  const chunkLengths = [...lengths.slice(0, column), chunks];
  const chunked = all.map((pointer) => ({
    ...pointer,
    steps: pointer.steps.map((step, axis) => (axis === column ? step * COLUMNS : step)),
  }));
  const chunkWidth = scope.local('i32');
  const folded = product(lengths.slice(boundary));
  const rowsAxis = lengths[boundary] ?? 1;
  const rowsOfBlock = rowsPerBlock(rowsAxis);
  const isBlocked = lengths.length === boundary + 1 && rowsAxis > 2 * rowsOfBlock;
  // Over several axes, the innermost is summed by itself first: long sums lose their small terms otherwise.
  const isTwofold = !isBlocked && lengths.length > boundary + 1 && folded > 64;
  const last = lengths.length - 1;
  // Inside a group of columns the loads walk down the rows with pointers of their own.
  const walkers = new Map<Pointer, Pointer>(
    [...new Set(pointers.values())].map((pointer) => [pointer, { ...pointer, local: scope.local('i32') }]),
  );
  const walkerOf = (leaf: Expression): Pointer => {
    const pointer = pointers.get(leaf) ?? out;
    return walkers.get(pointer) ?? pointer;
  };
  const moving = [...walkers.values()];
  const startWalk = [...walkers].map(([from, to]) => set(to.local, get(from.local)));
  const isFirst = scope.local('i32');
  const rows = scope.local('i32');
  const blockRows = scope.local('i32');

  const group = (vectorCount: number, isSingle: boolean): Code => {
    const sums = Array.from({ length: vectorCount }, () => scope.local('v128'));
    const totals = isTwofold ? sums.map(() => scope.local('v128')) : sums;
    const lanes: Lanes = { scope, features, statements: [] };
    const values = sums.map((_, at) =>
      lanesOf(expression, lanes, (leaf) => {
        if (!isPlaced(leaf)) return v128.ints(0);
        const walker = walkerOf(leaf);
        return isSingle
          ? readSingle(leaf, walker)
          : readVector(leaf, walker, walker.steps[column] ?? 0, 4 * at);
      }),
    );
    const step: Code = [
      lanes.statements,
      values.map((value, at) => {
        const sum = sums[at];
        return sum ? set(sum, foldLanes(fn, dtype, get(sum), value)) : [];
      }),
    ];
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
      totals.map((sum, at) =>
        isSingle ? v128.store32Lane(get(out.local), get(sum), 0) : writeVector(out, WORD, 4 * at, get(sum)),
      ),
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
    unitCost: Math.min(width, COLUMNS) * folded * (0.15 + 0.1 * weight),
  };
}
