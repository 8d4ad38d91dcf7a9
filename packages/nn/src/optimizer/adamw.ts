import { mapTree, type Tensor, type Tree, zeros, zipTrees } from '@trestle/core';
import type { Optimizer } from './optimizer.ts';

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled from the gradient; not applied to parameters of rank below 2 (biases). */
  readonly weightDecay?: number;
}

export interface AdamWState {
  readonly step: number;
  readonly means: Tree;
  readonly squares: Tree;
}

/** Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2). */
export function adamw({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
}: AdamWOptions = {}): Optimizer<AdamWState> {
  const nothing = (leaf: Tensor): Tensor => zeros(leaf.shape, { device: leaf.device });
  return {
    init: (parameters) => ({
      step: 0,
      means: mapTree(parameters, nothing),
      squares: mapTree(parameters, nothing),
    }),
    update(parameters, gradients, state, learningRate) {
      const step = state.step + 1;
      const means = zipTrees<Tree>([state.means, gradients], (mean = missing(), g = missing()) =>
        mean.mul(beta1).add(g.mul(1 - beta1)),
      );
      const squares = zipTrees<Tree>([state.squares, gradients], (square = missing(), g = missing()) =>
        square.mul(beta2).add(g.mul(g).mul(1 - beta2)),
      );
      // Both averages start at zero, and are corrected for it.
      const size = learningRate / (1 - beta1 ** step);
      const correction = 1 / (1 - beta2 ** step);
      const next = zipTrees<Tree>(
        [parameters, means, squares],
        (p = missing(), mean = missing(), square = missing()) => {
          const moved = p.sub(mean.mul(size).div(square.mul(correction).sqrt().add(epsilon)));
          return p.rank < 2 || weightDecay === 0 ? moved : moved.sub(p.mul(learningRate * weightDecay));
        },
      );
      // A tree of the parameters' own form.
      return { parameters: next as typeof parameters, state: { step, means, squares } };
    },
  };
}

function missing(): never {
  throw new RangeError('Parameters and gradients differ in form.');
}
