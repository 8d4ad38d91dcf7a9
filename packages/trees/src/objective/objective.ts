import type { Activation } from '../activation.ts';
import type { AllowedTargets } from '../examples.ts';

/**
 * A loss as boosting sees it; one of your own may be given to `boost`. Scores are [outputs, rows]: those of one output lie one
 * behind the other. The same arguments are to give the same numbers.
 */
export interface Objective {
  /** What it is called in errors and in the forest. */
  readonly name: string;
  readonly targets: AllowedTargets;
  readonly activation: Activation;
  /** The constant score of each output that serves the targets best. */
  initial(targets: Float64Array, weights: Float64Array): ArrayLike<number>;
  /** Writes slope and curvature of each row's loss by its score of one output, pair by pair; asked of the outputs in order. */
  slopes(
    scores: Float64Array,
    output: number,
    targets: Float64Array,
    weights: Float64Array,
    into: Float64Array,
  ): void;
  /** Shortens Newton's step of a leaf where that overshoots: a larger one stays larger, and none is farther from 0 than before. */
  shorten?(step: number): number;
  /** The sum of the rows' losses. @param predictions [rows, outputs], activated */
  loss(predictions: Float64Array, targets: Float64Array, weights: Float64Array): number;
  /**
   * The step that serves the rows of a leaf best, where slopes tell which way to go but not how far: instead of Newton's.
   *
   * @param scores of the one output, before the step
   */
  step?(rows: Int32Array, scores: Float64Array, targets: Float64Array, weights: Float64Array): number;
}
