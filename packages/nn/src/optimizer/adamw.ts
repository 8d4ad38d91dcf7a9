import { mapTree, type Tensor, type Tree, tensor, treeLeaves, zeros, zipTrees } from '@trestle/core';
import type { Optimizer } from './optimizer.ts';

export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
}

export interface AdamWOptions extends AdamOptions {
  /** Decoupled from the gradient. */
  readonly weightDecay?: number;
  /** Which parameters decay: all of them when left out, as in PyTorch; `(p) => p.rank > 1` spares biases and gains. */
  readonly isDecayed?: (parameter: Tensor) => boolean;
}

/** A tree, so that a step can be jitted. */
export type AdamWState = {
  /** How many steps were made; a scalar. */
  readonly step: Tensor;
  readonly means: Tree;
  readonly squares: Tree;
};

/** Adam (Kingma and Ba 2015). */
export const adam = (options: AdamOptions = {}): Optimizer<AdamWState> => adamw(options);

/** Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2). */
export function adamw({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  weightDecay = 0,
  isDecayed = () => true,
}: AdamWOptions = {}): Optimizer<AdamWState> {
  const nothing = (leaf: Tensor): Tensor => zeros(leaf.shape, { device: leaf.device });
  return {
    init(parameters) {
      const [first] = treeLeaves(parameters);
      return {
        step: tensor(0, first ? { device: first.device } : {}),
        means: mapTree(parameters, nothing),
        squares: mapTree(parameters, nothing),
      };
    },
    update(parameters, gradients, state, learningRate) {
      const step = state.step.add(1);
      const means = zipTrees([state.means, gradients], (mean, g) => mean.mul(beta1).add(g.mul(1 - beta1)));
      const squares = zipTrees([state.squares, gradients], (square, g) =>
        square.mul(beta2).add(g.mul(g).mul(1 - beta2)),
      );
      // Both averages start at zero, and are corrected for it.
      const unbias = (beta: number): Tensor => step.mul(Math.log(beta)).exp().neg().add(1);
      const [meanShare, squareShare] = [unbias(beta1), unbias(beta2)];
      const next = zipTrees([parameters, means, squares], (p, mean, square) => {
        const moved = p.sub(
          mean.div(meanShare).mul(learningRate).div(square.div(squareShare).sqrt().add(epsilon)),
        );
        return weightDecay === 0 || !isDecayed(p) ? moved : moved.sub(p.mul(learningRate).mul(weightDecay));
      });
      return { parameters: next, state: { step, means, squares } };
    },
  };
}
