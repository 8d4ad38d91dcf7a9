import type { Expression } from '../../schedule/kernel.ts';
import type { View } from '../../schedule/view.ts';
import { type Code, get, i32, set, type Value, v128, when } from './assembler.ts';
import { lanesOf } from './expression.ts';
import type { WasmFeatures } from './features.ts';
import { leafPointers, type PlacedLeaf, placedLeaves, readSingle, readVector } from './leaves.ts';
import { coalesce, eachUnit, innerLoop, loopAxes, type Pointer, seek } from './loops.ts';
import { type Phase, phaseScope, WORD } from './program.ts';
import type { Lanes } from './vector-math.ts';

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
  const pointerOf = (leaf: Expression): Pointer => pointers.get(leaf) ?? out;
  const stepOf = (pointer: Pointer): number => pointer.steps[inner] ?? 0;
  const outStep = lengths[inner] === 1 ? WORD : stepOf(out);

  const before: Lanes = { scope, features, statements: [] };
  const known = hoisted(expression, before, pointerOf, inner);
  const read = (ahead: number) => (leaf: Expression) =>
    isPlaced(leaf) ? readVector(leaf, pointerOf(leaf), stepOf(pointerOf(leaf)), ahead) : v128.ints(0);
  const vectors = (count: number): Code => {
    const lanes: Lanes = { scope, features, statements: [] };
    const values = Array.from({ length: count }, (_, at) =>
      lanesOf(expression, lanes, read(4 * at), new Map(known)),
    );
    return [lanes.statements, values.map((value, at) => writeVector(out, outStep, 4 * at, value))];
  };
  const single = (): Code => {
    const lanes: Lanes = { scope, features, statements: [] };
    const one = (leaf: Expression): Vector =>
      isPlaced(leaf) ? readSingle(leaf, pointerOf(leaf)) : v128.ints(0);
    const value = lanesOf(expression, lanes, one, new Map(known));
    return [lanes.statements, v128.store32Lane(get(out.local), value, 0)];
  };
  const weight = countNodes(expression);
  const unroll = weight <= 4 ? 4 : weight <= 12 ? 2 : 1;

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
    const body = [
      seek(scope, get(phase.begin), chunkLengths, chunkLengths.length, chunked),
      set(
        left,
        i32.sub(i32.const(length), i32.mul(i32.remU(get(phase.begin), i32.const(chunks)), i32.const(CHUNK))),
      ),
      when(i32.gt(get(left), i32.const(CHUNK)), set(left, i32.const(CHUNK))),
      before.statements,
      innerLoop(scope, left, unroll, all, inner, vectors, single),
    ];
    const units = chunkLengths.reduce((product, one) => product * one, 1);
    return {
      code: scope.finish(eachUnit(phase.begin, phase.end, body), name),
      units,
      unitCost: CHUNK * costOf(weight),
    };
  }
  let split = inner;
  for (let elements = length; split > 0 && elements < UNIT; ) elements *= lengths[--split] ?? 1;
  const nest = loopAxes(scope, lengths, split, inner, all, [
    before.statements,
    innerLoop(scope, length, unroll, all, inner, vectors, single),
  ]);
  const units = lengths.slice(0, split).reduce((product, one) => product * one, 1);
  const elements = lengths.slice(split).reduce((product, one) => product * one, 1);
  const body = [seek(scope, get(phase.begin), lengths, split, all), nest];
  return {
    code: scope.finish(eachUnit(phase.begin, phase.end, body), name),
    units,
    unitCost: elements * costOf(weight),
  };
}

/** Nanoseconds per element, roughly. */
const costOf = (weight: number): number => 0.3 + 0.1 * weight;

export const isPlaced = (node: Expression): node is PlacedLeaf =>
  node.kind === 'load' || node.kind === 'iota';

/** What does not change along an axis is computed before the loop over it. */
export function hoisted(
  expression: Expression,
  before: Lanes,
  pointerOf: (leaf: Expression) => Pointer,
  axis: number,
): Map<Expression, Vector> {
  const known = new Map<Expression, Vector>();
  const isStill = new Map<Expression, boolean>();
  const still = (node: Expression): boolean => {
    const cached = isStill.get(node);
    if (cached !== undefined) return cached;
    const answer =
      node.kind === 'constant' ||
      (isPlaced(node)
        ? (pointerOf(node).steps[axis] ?? 0) === 0
        : node.kind === 'apply' && node.operands.every(still));
    isStill.set(node, answer);
    return answer;
  };
  const seen = new Set<Expression>();
  const visit = (node: Expression): void => {
    if (node.kind === 'constant' || seen.has(node)) return;
    seen.add(node);
    if (still(node)) {
      const one = (leaf: Expression): Vector =>
        isPlaced(leaf) ? readSingle(leaf, pointerOf(leaf)) : v128.ints(0);
      lanesOf(node, before, one, known);
    } else if (node.kind === 'apply') for (const operand of node.operands) visit(operand);
  };
  visit(expression);
  return known;
}

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

/** Operations of an expression, shared ones once; functions that take many instructions weigh more. */
export function countNodes(expression: Expression): number {
  const seen = new Set<Expression>();
  const visit = (node: Expression): number => {
    if (seen.has(node) || node.kind !== 'apply') return 0;
    seen.add(node);
    const own = HEAVY.has(node.fn) ? 12 : 1;
    return node.operands.reduce((sum, operand) => sum + visit(operand), own);
  };
  return visit(expression);
}

const HEAVY: ReadonlySet<string> = new Set(['exp', 'log', 'tanh', 'sin', 'cos', 'pow']);
