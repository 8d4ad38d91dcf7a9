import { isHeavyFunction } from './cost.ts';
import { visitExpressions } from './expression.ts';
import type { Expression, RowStage } from './kernel.ts';

export interface KeptRows {
  readonly stages: readonly RowStage[];
  readonly result: Expression;
}

/** Operations above which a value is stored along the row rather than computed a second time. */
const WORTH_KEEPING = 10;
const HEAVY_OPERATIONS = 10;
/** Each takes a row's length of memory, which has to stay in the cache. */
const MAX_KEPT = 3;

/**
 * Turns what several passes over a row need, and is long to compute, into stages of its own: the exponentials of a softmax are
 * summed in one pass and divided in the next.
 */
export function keepValues(rows: KeptRows, isWide: boolean): KeptRows {
  const passes = [...rows.stages.map(({ expression }) => expression), ...(isWide ? [rows.result] : [])];
  const kept = new Set<Expression>();
  for (const candidate of longOnes(passes)) {
    if (kept.size === MAX_KEPT) break;
    if (passes.filter((pass) => contains(pass, candidate, kept)).length > 1) kept.add(candidate);
  }
  if (kept.size === 0) return rows;

  const stages: RowStage[] = [];
  const stageOf = new Map<Expression, number>();
  const newPlaces: number[] = [];
  const rewritten = new Map<Expression, Expression>();
  const rewrite = (expression: Expression): Expression => {
    const stage = stageOf.get(expression);
    if (stage !== undefined) return { kind: 'stage', stage, dtype: expression.dtype };
    const known = rewritten.get(expression);
    if (known) return known;
    let made = expression;
    if (expression.kind === 'stage') made = { ...expression, stage: newPlaces[expression.stage] ?? 0 };
    else if (expression.kind === 'apply')
      made = { ...expression, operands: expression.operands.map(rewrite) };
    rewritten.set(expression, made);
    return made;
  };
  const keepFor = (pass: Expression): void => {
    visitExpressions([pass], (inner) => {
      if (kept.has(inner) && !stageOf.has(inner))
        stageOf.set(inner, stages.push({ kind: 'keep', expression: rewrite(inner) }) - 1);
    });
  };
  for (const stage of rows.stages) {
    keepFor(stage.expression);
    newPlaces.push(stages.push({ ...stage, expression: rewrite(stage.expression) }) - 1);
  }
  if (isWide) keepFor(rows.result);
  return { stages, result: rewrite(rows.result) };
}

/** Expressions that take many operations per element, users before what they use. */
function longOnes(passes: readonly Expression[]): Expression[] {
  const operations = new Map<Expression, number>();
  const long: Expression[] = [];
  visitExpressions(passes, (expression) => {
    if (expression.kind !== 'apply') return;
    const own = isHeavyFunction(expression.fn) ? HEAVY_OPERATIONS : 1;
    const all = expression.operands.reduce((sum, operand) => sum + (operations.get(operand) ?? 0), own);
    // What stands still along the row is computed once for it anyway.
    operations.set(expression, moves(expression) ? all : 0);
    if (all >= WORTH_KEEPING && moves(expression)) long.push(expression);
  });
  return long.reverse();
}

/** Whether an expression depends on the place in the row. */
function moves(expression: Expression): boolean {
  let isMoving = false;
  visitExpressions([expression], (inner) => {
    if (inner.kind === 'load' || inner.kind === 'iota') isMoving ||= inner.view.strides.at(-1) !== 0;
  });
  return isMoving;
}

/** Whether a pass computes an expression, other than inside one that is kept. */
function contains(pass: Expression, wanted: Expression, kept: ReadonlySet<Expression>): boolean {
  const seen = new Set<Expression>();
  const look = (expression: Expression): boolean => {
    if (expression === wanted) return true;
    if (expression.kind !== 'apply' || seen.has(expression) || kept.has(expression)) return false;
    seen.add(expression);
    return expression.operands.some(look);
  };
  return look(pass);
}
