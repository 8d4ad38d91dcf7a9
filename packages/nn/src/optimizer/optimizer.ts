import type { Operand, Tree } from '@trestle/core';

/** Turns gradients into better parameters. State and parameters are plain trees, never changed in place. */
export interface Optimizer<State> {
  init<P extends Tree>(parameters: P): State;
  /** One step; a `learningRate` that changes from step to step is a scalar tensor where the step is jitted. */
  update<P extends Tree>(
    parameters: P,
    gradients: P,
    state: State,
    learningRate: Operand,
  ): { parameters: P; state: State };
}
