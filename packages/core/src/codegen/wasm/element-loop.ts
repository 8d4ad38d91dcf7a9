import { isHeavyFunction } from '../../schedule/cost.ts';
import { visitExpressions } from '../../schedule/expression.ts';
import type { Expression } from '../../schedule/kernel.ts';
import type { Code, Scope, Value } from './assembler.ts';
import { copyOf, type Known, type Leaf, lanesOf, nothingKnown } from './expression.ts';
import type { WasmFeatures } from './features.ts';
import type { Lanes } from './vector-math.ts';

type Vector = Value<'v128'>;

/** How leaves are read inside a loop. */
export interface Reading {
  /** Four elements, so many elements ahead of where the loop stands. */
  vector(leaf: Leaf, ahead: number): Vector;
  /** One element, in all lanes or the first. */
  single(leaf: Leaf): Vector;
  /** Whether the loop does not move along it. */
  isStill(leaf: Leaf): boolean;
}

/** What is done with the values of the expressions; `at` counts the vectors that are computed side by side. */
export interface Sink {
  vector(values: readonly Vector[], at: number): Code;
  single(values: readonly Vector[]): Code;
}

/** An expression that a loop computes for every element; later ones may use it as the value of a stage. */
export interface Computed {
  readonly expression: Expression;
  readonly stage?: number;
}

/** The parts of a loop over elements, for `innerLoop`. */
export interface ElementLoop {
  /** What does not change along the loop, computed before it. */
  readonly before: Code;
  readonly unroll: number;
  vectors(count: number): Code;
  single(): Code;
}

/** Writes the body of a loop that computes some expressions for every element. */
export function elementLoop(
  of: { readonly scope: Scope; readonly features: WasmFeatures },
  computed: readonly Computed[],
  reading: Reading,
  sink: Sink,
): ElementLoop {
  const before: Lanes = { ...of, statements: [] };
  const known = hoisted(computed, before, reading);
  const body = (read: (leaf: Leaf) => Vector, lanes: Lanes): Vector[] => {
    const own = copyOf(known);
    const stages = new Map<number, Vector>();
    const leaf = (one: Leaf): Vector =>
      (one.kind === 'stage' ? stages.get(one.stage) : undefined) ?? read(one);
    return computed.map(({ expression, stage }) => {
      const value = lanesOf(expression, lanes, leaf, own);
      if (stage !== undefined) stages.set(stage, value);
      return value;
    });
  };
  return {
    before: before.statements,
    unroll: unrollFor(computed.reduce((sum, { expression }) => sum + weightOf(expression), 0)),
    vectors(count) {
      const all = Array.from({ length: count }, (_, at) => {
        const lanes: Lanes = { ...of, statements: [] };
        return { values: body((leaf) => reading.vector(leaf, 4 * at), lanes), statements: lanes.statements };
      });
      return [
        inStep(all.map(({ statements }) => statements)),
        all.map(({ values }, at) => sink.vector(values, at)),
      ];
    },
    single() {
      const lanes: Lanes = { ...of, statements: [] };
      const values = body(reading.single, lanes);
      return [lanes.statements, sink.single(values)];
    },
  };
}

/** The same step of every vector before the next step of any: a constant is loaded once for all of them. */
const inStep = (bodies: readonly (readonly Code[])[]): Code =>
  (bodies[0] ?? []).map((_, step) => bodies.map((body) => body[step] ?? []));

/** Bodies side by side hide the time of a loop's step and of their own chains, and share constants; the longest fill the processor. */
const unrollFor = (weight: number): number => (weight <= 20 ? 4 : weight <= 30 ? 2 : 1);

/** Computes the largest parts that stand still. */
function hoisted(computed: readonly Computed[], before: Lanes, reading: Reading): Known {
  const known = nothingKnown();
  const stillness = new Map<Expression, boolean>();
  const isStill = (node: Expression): boolean => {
    const cached = stillness.get(node);
    if (cached !== undefined) return cached;
    const answer =
      node.kind === 'constant' ||
      (node.kind === 'apply' ? node.operands.every(isStill) : reading.isStill(node));
    stillness.set(node, answer);
    return answer;
  };
  const seen = new Set<Expression>();
  const visit = (node: Expression): void => {
    if (node.kind === 'constant' || seen.has(node)) return;
    seen.add(node);
    if (isStill(node)) lanesOf(node, before, reading.single, known);
    else if (node.kind === 'apply') for (const operand of node.operands) visit(operand);
  };
  for (const { expression } of computed) visit(expression);
  return known;
}

/** Operations of an expression, shared ones once; functions that take many instructions weigh more. */
export function weightOf(expression: Expression): number {
  let weight = 0;
  visitExpressions([expression], (node) => {
    if (node.kind === 'apply') weight += isHeavyFunction(node.fn) ? HEAVY : 1;
  });
  return weight;
}

const HEAVY = 12;

/** Nanoseconds per element, roughly. */
export const costOf = (weight: number): number => 0.2 + 0.06 * weight;
