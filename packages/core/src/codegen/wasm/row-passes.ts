import { visitExpressions } from '../../schedule/expression.ts';
import type { Expression, RowStage } from '../../schedule/kernel.ts';
import type { Computed } from './element-loop.ts';

/** What one walk along a row computes. */
export interface Pass {
  readonly computed: readonly Computed[];
  /** Whether the last of them is the kernel's result. */
  readonly isResult: boolean;
}

/**
 * Shares stages out among as few walks as possible: a stage joins the current one unless it needs what that has yet to fold.
 * What a walk keeps, its later stages use at once.
 */
export function passesOf(stages: readonly RowStage[], result: Expression | undefined): Pass[] {
  const passes: Computed[][] = [[]];
  const folding = new Set<number>();
  const add = (expression: Expression, stage: number | undefined): void => {
    let needsFold = false;
    visitExpressions([expression], (inner) => {
      if (inner.kind === 'stage' && folding.has(inner.stage)) needsFold = true;
    });
    if (needsFold) {
      passes.push([]);
      folding.clear();
    }
    passes.at(-1)?.push(stage === undefined ? { expression } : { expression, stage });
    if (stage !== undefined && stages[stage]?.kind === 'fold') folding.add(stage);
  };
  for (const [stage, { expression }] of stages.entries()) add(expression, stage);
  if (result) add(result, undefined);
  return passes.map((computed, at) => ({
    computed,
    isResult: result !== undefined && at === passes.length - 1,
  }));
}
