import type { Plan, Step } from '../../schedule/plan.ts';
import { type Arena, planArena } from './arena.ts';
import type { BoundKernel, KernelCache } from './kernel-cache.ts';

/** A step ready to run: everything but the addresses. */
export interface PreparedStep {
  readonly step: Step;
  /** Undefined for work that is done by the host. */
  readonly bound: BoundKernel | undefined;
  readonly operands: number[];
  /** Whether the output gets a buffer of its own, takes over a donated parameter's, or lies in the arena. */
  readonly result: 'new' | 'in place' | 'arena';
  /** Where the step's own constants lie among the plan's. */
  readonly constants: number;
}

/** A plan with its code, and the layout of the one block that a run takes: the arena, then constants, then scratch memory. */
export interface PreparedPlan {
  readonly steps: readonly PreparedStep[];
  readonly arena: Arena;
  readonly constants: readonly number[];
  readonly constantsAt: number;
  readonly scratchAt: number;
  readonly bytes: number;
}

/** Operands of a phase before the inputs: begin, end, shared scratch, thread scratch, table, output. */
export const BEFORE_INPUTS = 6;
const WORD = 4;

export const aligned = (bytes: number): number => Math.ceil(bytes / 64) * 64;

export function preparePlan(plan: Plan, cache: KernelCache, threads: number): PreparedPlan {
  const constants: number[] = [];
  let scratch = 0;
  const outputs = new Set(plan.outputs);
  const resultOf = ({ output, into }: Step): PreparedStep['result'] => {
    if (!outputs.has(output)) return 'arena';
    return into !== undefined && into < plan.parameters ? 'in place' : 'new';
  };
  const steps = plan.steps.map((step): PreparedStep => {
    const bound = step.kernel.kind === 'argsort' ? undefined : cache.get(step.kernel, step.inputs.length);
    const start = constants.length;
    constants.push(...(bound?.constants ?? []));
    const { sharedScratch = 0, threadScratch = 0, table = 0 } = bound?.compiled ?? {};
    scratch = Math.max(scratch, aligned(sharedScratch) + threads * aligned(threadScratch));
    const operands = [0, 0, 0, 0, table, 0, ...step.inputs.map(() => 0)];
    if (bound && bound.constants.length > 0) operands.push(0);
    return { step, bound, operands, result: resultOf(step), constants: start };
  });
  const arena = planArena(plan);
  const constantsAt = aligned(arena.bytes);
  const scratchAt = constantsAt + aligned(constants.length * WORD);
  return { steps, arena, constants, constantsAt, scratchAt, bytes: scratchAt + scratch };
}
