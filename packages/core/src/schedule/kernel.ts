import type { DType } from '../graph/dtype.ts';
import type { ElementwiseFunction } from '../graph/elementwise.ts';
import type { ReduceFunction } from '../graph/node.ts';
import type { Shape } from '../graph/shape.ts';
import type { View } from './view.ts';

/** An expression that is computed for every element of a kernel's output. */
export type Expression =
  | { readonly kind: 'load'; readonly input: number; readonly view: View; readonly dtype: DType }
  | { readonly kind: 'constant'; readonly value: number; readonly dtype: DType }
  /** The place that a view gives an element: 0, 1, 2, … before axes were moved. */
  | { readonly kind: 'iota'; readonly view: View; readonly dtype: DType }
  /** In an epilogue: what the kernel has folded or multiplied for the output's element. */
  | { readonly kind: 'accumulator'; readonly dtype: DType }
  /** In a `rows` kernel: the value of a stage, for the row (folds) or for the row's element (kept values). */
  | { readonly kind: 'stage'; readonly stage: number; readonly dtype: DType }
  | {
      readonly kind: 'apply';
      readonly fn: ElementwiseFunction;
      readonly operands: readonly Expression[];
      readonly dtype: DType;
    };

/**
 * A matrix of a batch, read through any strides: the axes before `split[0]` count the batch, those before `split[1]` the rows,
 * the others the columns. Sliding windows are such a view, so a convolution multiplies without a copy of its patches.
 */
export interface MatrixView extends View {
  readonly split: readonly [number, number];
}

/** One step over the rows of a `rows` kernel. Expressions are over [...outer axes, ...inner axes], none of which has the length 1. */
export type RowStage =
  /** One value per row: the fold of the expression over the inner axes. */
  | { readonly kind: 'fold'; readonly fn: ReduceFunction; readonly expression: Expression }
  /** A value per element that later stages read again. */
  | { readonly kind: 'keep'; readonly expression: Expression };

/** One piece of work for a device. Inputs are buffers, by index; the output is contiguous. */
export type Kernel = { readonly shape: Shape; readonly dtype: DType } & (
  | { readonly kind: 'elementwise'; readonly expression: Expression }
  /** Folds an expression over the inner axes: output element i is the fold of elements [i * inner, (i + 1) * inner). */
  | {
      readonly kind: 'reduce';
      readonly fn: ReduceFunction;
      readonly expression: Expression;
      readonly inner: number;
      readonly innerShape: Shape;
      /** Over the output's elements; its loads have the shape of the output. `dtype` is the epilogue's, if there is one. */
      readonly epilogue?: Expression;
    }
  /** Several folds and element-wise stages over rows that stay in the cache: softmax, normalisation, their gradients. */
  | {
      readonly kind: 'rows';
      readonly outer: number;
      readonly inner: number;
      readonly stages: readonly RowStage[];
      /** Gives an element per row and inner element, or one per row. */
      readonly result: Expression;
      readonly isWide: boolean;
    }
  | {
      readonly kind: 'matmul';
      readonly batch: number;
      readonly m: number;
      readonly k: number;
      readonly n: number;
      /** [batch | m | k] and [batch | k | n]; one axis each unless the device has the ability `matrixViews`. */
      readonly a: MatrixView;
      readonly b: MatrixView;
      /** Over the output's elements; its loads have the shape of the output. */
      readonly epilogue?: Expression;
    }
  | {
      readonly kind: 'assemble';
      readonly pieces: readonly {
        readonly input: number;
        readonly view: View;
        readonly offset: number;
        readonly strides: readonly number[];
      }[];
    }
  | {
      readonly kind: 'gather';
      readonly outer: number;
      readonly length: number;
      readonly inner: number;
      readonly count: number;
    }
  | {
      /** Rows [outer, length] of a contiguous input; see `Primitive`. */
      readonly kind: 'argsort';
      readonly outer: number;
      readonly length: number;
      readonly isDescending: boolean;
    }
  | {
      readonly kind: 'scatterAdd';
      readonly outer: number;
      readonly length: number;
      readonly inner: number;
      readonly count: number;
    }
);
