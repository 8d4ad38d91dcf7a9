import type { Tree } from '@trestle/core';

/** Turns gradients into better parameters. State and parameters are plain trees, never changed in place. */
export interface Optimizer<State> {
  init<P extends Tree>(parameters: P): State;
  /** One step; `learningRate` may change from step to step. */
  update<P extends Tree>(
    parameters: P,
    gradients: P,
    state: State,
    learningRate: number,
  ): { parameters: P; state: State };
}
