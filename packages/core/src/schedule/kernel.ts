import type { DType } from '../graph/dtype.ts';
import type { ElementwiseFunction } from '../graph/elementwise.ts';
import type { Shape } from '../tensor/shape.ts';
import type { View } from './view.ts';

/** An expression that is computed for every element of a kernel's output. */
export type Expression =
  | { readonly kind: 'load'; readonly input: number; readonly view: View; readonly dtype: DType }
  | { readonly kind: 'constant'; readonly value: number; readonly dtype: DType }
  | { readonly kind: 'iota'; readonly dtype: DType }
  | {
      readonly kind: 'apply';
      readonly fn: ElementwiseFunction;
      readonly operands: readonly Expression[];
      readonly dtype: DType;
    };

/** One piece of work for a device. Inputs are buffers, by index; the output is contiguous. */
export type Kernel = { readonly shape: Shape; readonly dtype: DType } & (
  | { readonly kind: 'elementwise'; readonly expression: Expression }
  /** Folds an expression over the inner axes: output element i is the fold of elements [i * inner, (i + 1) * inner). */
  | {
      readonly kind: 'reduce';
      readonly fn: 'sum' | 'max';
      readonly expression: Expression;
      readonly inner: number;
      readonly innerShape: Shape;
    }
  | {
      readonly kind: 'matmul';
      readonly batch: number;
      readonly m: number;
      readonly k: number;
      readonly n: number;
      /** Views of shape [batch, m, k] and [batch, k, n]. */
      readonly a: View;
      readonly b: View;
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
      readonly kind: 'scatterAdd';
      readonly outer: number;
      readonly length: number;
      readonly inner: number;
      readonly count: number;
    }
);
