import { mapTree, type Tree, zeros, zipTrees } from '@trestle/core';
import type { Optimizer } from './optimizer.ts';

export interface SgdState {
  readonly velocity: Tree;
}

/** Stochastic gradient descent with (heavy-ball) momentum (Polyak 1964). */
export function sgd({ momentum = 0 }: { readonly momentum?: number } = {}): Optimizer<SgdState> {
  return {
    init: (parameters) => ({
      velocity: mapTree(parameters, (leaf) => zeros(leaf.shape, { device: leaf.device })),
    }),
    update(parameters, gradients, state, learningRate) {
      const velocity = zipTrees<Tree>([state.velocity, gradients], (v, g) =>
        v && g ? v.mul(momentum).add(g) : missing(),
      );
      const next = zipTrees<Tree>([parameters, velocity], (p, v) =>
        p && v ? p.sub(v.mul(learningRate)) : missing(),
      );
      // A tree of the parameters' own form.
      return { parameters: next as typeof parameters, state: { velocity } };
    },
  };
}

function missing(): never {
  throw new RangeError('Parameters and gradients differ in form.');
}
