import type { Expression } from '../../schedule/kernel.ts';
import { contiguousView, type View } from '../../schedule/view.ts';
import { type Code, get, i32, type Local, set, type Value, v128, when } from './assembler.ts';
import { costOf, elementLoop, type Reading, weightOf } from './element-loop.ts';
import type { WasmFeatures } from './features.ts';
import { leafPointers, type PlacedLeaf, placedLeaves, pointerReading } from './leaves.ts';
import { coalesce, eachUnit, innerLoop, loopAxes, type Pointer, seek } from './loops.ts';
import { type Phase, phaseScope, WORD } from './program.ts';

type Vector = Value<'v128'>;

/** Elements that one unit should have at least, so that finding its place costs little. */
const UNIT = 2_048;
/** A long axis is cut into units of so many elements. */
const CHUNK = 16_384;

/** Computes an expression for each element of a shape, and puts it where `target` says. */
export function elementwisePhase(
  name: string,
  expression: Expression,
  shape: readonly number[],
  target: View,
  inputCount: number,
  features: WasmFeatures,
): Phase {
  const phase = phaseScope(inputCount);
  const { scope } = phase;
  const leaves = placedLeaves([expression]);
  const merged = coalesce(shape, [target, ...leaves.map((leaf) => leaf.view)]);
  // A single element is an axis of length 1.
  const lengths = merged.lengths.length === 0 ? [1] : merged.lengths;
  const inner = lengths.length - 1;
  const pointers = leafPointers(scope, leaves, merged.strides.slice(1), phase.inputs);
  const out: Pointer = {
    local: scope.local('i32'),
    start: i32.add(get(phase.output), i32.const(target.offset * WORD)),
    steps: (merged.strides[0] ?? []).map((stride) => stride * WORD),
  };
  const all = [...new Set([out, ...pointers.values()])];
  const pointerOf = (leaf: PlacedLeaf): Pointer => pointers.get(leaf) ?? out;
  const outStep = lengths[inner] === 1 ? WORD : (out.steps[inner] ?? 0);
  const zero = v128.ints(0);

  const body = elementLoop(
    { scope, features },
    [{ expression }],
    readingBack(pointerReading(pointerOf, inner), out),
    {
      vector: ([value = zero], at) => writeVector(out, outStep, 4 * at, value),
      single: ([value = zero]) => v128.store32Lane(get(out.local), value, 0),
    },
  );
  const loop = (length: number | Local<'i32'>): Code => [
    body.before,
    innerLoop(scope, length, body.unroll, all, inner, body.vectors, body.single),
  ];
  const cost = costOf(weightOf(expression));

  const length = lengths[inner] ?? 1;
  if (length > CHUNK) {
    // Units are chunks of the innermost axis.
    const chunks = Math.ceil(length / CHUNK);
    const chunkLengths = [...lengths.slice(0, inner), chunks];
    const chunked = all.map((pointer) => ({
      ...pointer,
      steps: pointer.steps.map((step, axis) => (axis === inner ? step * CHUNK : step)),
    }));
    const left = scope.local('i32');
    const chunk = [
      seek(scope, get(phase.begin), chunkLengths, chunkLengths.length, chunked),
      set(
        left,
        i32.sub(i32.const(length), i32.mul(i32.remU(get(phase.begin), i32.const(chunks)), i32.const(CHUNK))),
      ),
      when(i32.gt(get(left), i32.const(CHUNK)), set(left, i32.const(CHUNK))),
      loop(left),
    ];
    const units = chunkLengths.reduce((product, one) => product * one, 1);
    return {
      code: scope.finish(eachUnit(phase.begin, phase.end, chunk), name),
      units,
      unitCost: CHUNK * cost,
    };
  }
  let split = inner;
  for (let elements = length; split > 0 && elements < UNIT; ) elements *= lengths[--split] ?? 1;
  const nest = loopAxes(scope, lengths, split, inner, all, loop(length));
  const units = lengths.slice(0, split).reduce((product, one) => product * one, 1);
  const elements = lengths.slice(split).reduce((product, one) => product * one, 1);
  const unit = [seek(scope, get(phase.begin), lengths, split, all), nest];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, unit), name),
    units,
    unitCost: elements * cost,
  };
}

/** In an epilogue, what the output holds already. */
export const readingBack = (placed: Reading, { local }: Pointer): Reading => ({
  vector: (leaf, ahead) =>
    leaf.kind === 'accumulator' ? v128.load(get(local), ahead * WORD) : placed.vector(leaf, ahead),
  single: (leaf) => (leaf.kind === 'accumulator' ? v128.loadSplat(get(local)) : placed.single(leaf)),
  isStill: (leaf) => leaf.kind !== 'accumulator' && placed.isStill(leaf),
});

/** Sends all that a kernel has written through its epilogue. */
export const finishPhase = (
  epilogue: Expression,
  shape: readonly number[],
  inputCount: number,
  features: WasmFeatures,
): Phase => elementwisePhase('finish', epilogue, shape, contiguousView(shape), inputCount, features);

/** Writes four elements, next to each other or apart. */
export function writeVector(out: Pointer, step: number, ahead: number, value: Vector): Code {
  if (step === WORD) return v128.store(get(out.local), value, ahead * WORD);
  return [0, 1, 2, 3].map((lane) => {
    const bytes = (ahead + lane) * step;
    return bytes >= 0
      ? v128.store32Lane(get(out.local), value, lane, bytes)
      : v128.store32Lane(i32.add(get(out.local), i32.const(bytes)), value, lane);
  });
}
