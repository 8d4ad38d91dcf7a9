import { mapTree, type Tree, zeros, zipTrees } from '@trestle/core';
import type { Optimizer } from './optimizer.ts';

export interface SgdOptions {
  /** How much of the last velocity stays, in [0, 1); none when left out. */
  readonly momentum?: number;
  /** Look ahead to where the velocity leads. */
  readonly isNesterov?: boolean;
}

/** A tree, so that a step can be jitted. */
export type SgdState = {
  /** Null without momentum, which keeps nothing. */
  readonly velocity: Tree;
};

/** Stochastic gradient descent, with momentum (Polyak 1964), or Nesterov's as Sutskever et al. (2013) write it. */
export function sgd({ momentum = 0, isNesterov = false }: SgdOptions = {}): Optimizer<SgdState> {
  return {
    init: (parameters) => ({
      velocity:
        momentum === 0 ? null : mapTree(parameters, (leaf) => zeros(leaf.shape, { device: leaf.device })),
    }),
    update(parameters, gradients, state, learningRate) {
      if (momentum === 0) {
        const next = zipTrees([parameters, gradients], (p, g) => p.sub(g.mul(learningRate)));
        return { parameters: next, state };
      }
      const velocity = zipTrees([state.velocity, gradients], (v, g) => v.mul(momentum).add(g));
      const next = zipTrees([parameters, velocity, gradients], (p, v, g) =>
        p.sub((isNesterov ? v.mul(momentum).add(g) : v).mul(learningRate)),
      );
      return { parameters: next, state: { velocity } };
    },
  };
}
