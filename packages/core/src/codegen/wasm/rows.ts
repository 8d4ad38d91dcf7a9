import { contiguousStrides, sizeOf } from '../../graph/shape.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { contiguousView } from '../../schedule/view.ts';
import { type Code, get, i32, type Local, set, type Value, v128 } from './assembler.ts';
import { costOf, elementLoop, type Reading, weightOf } from './element-loop.ts';
import { writeVector } from './elementwise.ts';
import type { Leaf } from './expression.ts';
import type { WasmFeatures } from './features.ts';
import { finished } from './finish.ts';
import { type Accumulator, newAccumulator, RUN } from './fold.ts';
import { isPlaced, leafPointers, placedLeaves, pointerReading, readSingle, unplaced } from './leaves.ts';
import { coalesce, eachUnit, innerLoop, loopAxes, type Pointer, padded, seek } from './loops.ts';
import { type Program, phaseScope, WORD } from './program.ts';
import { inRuns } from './reduce-rows.ts';
import { type Pass, passesOf } from './row-passes.ts';

type Rows = Extract<Kernel, { kind: 'rows' }>;
type Vector = Value<'v128'>;

/** Elements that one unit should have at least. */
const UNIT = 4_096;
const ALIGNMENT = 64;

/** How many of the first axes count rows. */
function splitOf(space: readonly number[], outer: number): number {
  let split = 0;
  for (let rows = 1; rows < outer && split < space.length; ) rows *= space[split++] ?? 1;
  return split;
}

/**
 * Several passes over each row, which stays in the cache meanwhile: each computes what it can of the stages, with what the
 * passes before have folded. Kept values lie in memory of the thread's own.
 */
export function rowsProgram(kernel: Rows, inputCount: number, features: WasmFeatures): Program {
  const { inner, stages, result, isWide } = kernel;
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const of = { scope, features };
  const expressions = [...stages.map(({ expression }) => expression), result];
  const leaves = placedLeaves(expressions);
  const space = leaves[0]?.view.shape ?? [kernel.outer, inner];
  const split = splitOf(space, kernel.outer);
  const target = contiguousView(isWide ? space : space.slice(0, split));
  const outView = { ...target, shape: space, strides: space.map((_, axis) => target.strides[axis] ?? 0) };
  const nest = padded(coalesce(space, [outView, ...leaves.map(({ view }) => view)], split));
  const { lengths, boundary } = nest;
  const [outSteps = [], ...steps] = nest.strides;
  const last = lengths.length - 1;
  const rowShape = lengths.slice(boundary);

  const pointers = leafPointers(scope, leaves, steps, phase.inputs);
  const out: Pointer = {
    local: scope.local('i32'),
    start: get(phase.output),
    steps: outSteps.map((step) => step * WORD),
  };
  const atRow = [...new Set([out, ...pointers.values()])];
  const walkers = new Map(atRow.map((pointer) => [pointer, { ...pointer, local: scope.local('i32') }]));
  const walkerOf = (pointer: Pointer): Pointer => walkers.get(pointer) ?? pointer;
  const pointerOf = (leaf: Leaf): Pointer => walkerOf(pointers.get(leaf) ?? out);

  const keptBytes = Math.ceil((inner * WORD) / ALIGNMENT) * ALIGNMENT + ALIGNMENT;
  const keptStages = stages.flatMap(({ kind }, stage) => (kind === 'keep' ? [stage] : []));
  const keptSteps = [
    ...lengths.slice(0, boundary).map(() => 0),
    ...contiguousStrides(rowShape).map((s) => s * WORD),
  ];
  const kept = new Map<number, Pointer>(
    keptStages.map((stage, at) => {
      const start = i32.add(get(phase.threadScratch), i32.const(at * keptBytes));
      return [stage, { local: scope.local('i32'), start, steps: keptSteps }];
    }),
  );
  const folded = new Map<number, Accumulator>();
  const reading = (placed: Reading): Reading => ({
    vector: (leaf, ahead) => stageValue(leaf, ahead) ?? placed.vector(leaf, ahead),
    single: (leaf) => stageValue(leaf, 0) ?? placed.single(leaf),
    isStill: (leaf) => (leaf.kind === 'stage' ? folded.has(leaf.stage) : placed.isStill(leaf)),
  });
  const stageValue = (leaf: Leaf, ahead: number): Vector | undefined => {
    if (leaf.kind !== 'stage') return undefined;
    const accumulator = folded.get(leaf.stage);
    const pointer = kept.get(leaf.stage);
    if (accumulator) return get(accumulator.result);
    return pointer ? v128.load(get(pointer.local), ahead * WORD) : unplaced(leaf);
  };

  const passCode = ({ computed, isResult }: Pass): Code => {
    const placed = placedLeaves(computed.map(({ expression }) => expression));
    const used = [
      ...new Set([...placed.map(pointerOf), ...(isResult ? [walkerOf(out)] : []), ...kept.values()]),
    ];
    const weight = computed.reduce((sum, { expression }) => sum + weightOf(expression), 0);
    const accumulators = computed.map(({ stage }): Accumulator | undefined => {
      const fold = stage === undefined ? undefined : stages[stage];
      if (fold?.kind !== 'fold') return undefined;
      return newAccumulator(of, fold.fn, fold.expression.dtype, weight <= 4 ? 4 : 2, inner > RUN);
    });
    const sink = (value: Vector, index: number, at: number, isSingle: boolean): Code => {
      const { stage = -1 } = computed[index] ?? {};
      const accumulator = accumulators[index];
      if (accumulator) return isSingle ? accumulator.single(value) : accumulator.vector(at, value);
      const into = kept.get(stage) ?? walkerOf(out);
      if (isSingle) return v128.store32Lane(get(into.local), value, 0);
      return writeVector(into, into.steps[last] ?? WORD, 4 * at, value);
    };
    const body = elementLoop(of, computed, reading(pointerReading(pointerOf, last)), {
      vector: (values, at) => values.map((value, index) => sink(value, index, at, false)),
      single: (values) => values.map((value, index) => sink(value, index, 0, true)),
    });
    const length = lengths[last] ?? 1;
    const along = (run: number | Local<'i32'>): Code => [
      innerLoop(scope, run, body.unroll, used, last, body.vectors, body.single),
      accumulators.map((accumulator) => accumulator?.endRun ?? []),
    ];
    const isLong = length > RUN && accumulators.some((accumulator) => accumulator !== undefined);
    for (const [index, accumulator] of accumulators.entries()) {
      const stage = computed[index]?.stage;
      if (accumulator && stage !== undefined) folded.set(stage, accumulator);
    }
    return [
      [...walkers].map(([from, to]) => (used.includes(to) ? set(to.local, get(from.local)) : [])),
      [...kept.values()].map((pointer) => set(pointer.local, pointer.start)),
      accumulators.map((accumulator) => accumulator?.start ?? []),
      loopAxes(scope, lengths, boundary, last, used, [
        body.before,
        isLong ? inRuns({ scope }, length, along) : along(length),
      ]),
      accumulators.map((accumulator) => accumulator?.finish ?? []),
    ];
  };

  const passes = passesOf(stages, isWide ? result : undefined).map(passCode);
  const narrow = (): Code => {
    const { code, value } = finished(of, result, v128.ints(0), (leaf) => {
      if (leaf.kind === 'stage') return stageValue(leaf, 0) ?? unplaced(leaf);
      return isPlaced(leaf) ? readSingle(leaf, atStart(leaf)) : unplaced(leaf);
    });
    return [code, v128.store32Lane(get(out.local), value, 0)];
  };
  const atStart = (leaf: Leaf): Pointer => pointers.get(leaf) ?? out;
  const row = [passes, isWide ? [] : narrow()];

  const outerLengths = lengths.slice(0, boundary);
  let from = boundary;
  for (let elements = inner; from > 0 && elements < UNIT; ) elements *= outerLengths[--from] ?? 1;
  const unit = [
    seek(scope, get(phase.begin), outerLengths, from, atRow),
    loopAxes(scope, outerLengths, from, boundary, atRow, row),
  ];
  const weight = expressions.reduce((sum, expression) => sum + weightOf(expression), 0);
  return {
    phases: [
      {
        code: scope.finish(eachUnit(phase.begin, phase.end, unit), 'rows'),
        units: sizeOf(outerLengths.slice(0, from)),
        unitCost: sizeOf(outerLengths.slice(from)) * inner * costOf(weight),
      },
    ],
    threadScratch: keptStages.length * keptBytes,
  };
}
