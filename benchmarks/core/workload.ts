/** Work that sides know by the kind of it, as data: it travels to the processes that do it. */
export type Workload =
  /** [batch, m, k] x [batch, k, n]; without batch, matrices. The second operand may be stored as [n, k]. */
  | {
      readonly kind: 'matmul';
      readonly batch?: number;
      readonly m: number;
      readonly k: number;
      readonly n: number;
      readonly isTransposed?: boolean;
    }
  /** Dense layers with relu, cross-entropy, one step of an optimiser. */
  | {
      readonly kind: 'mlp';
      readonly batch: number;
      readonly sizes: readonly number[];
      readonly optimizer: 'sgd' | 'adam';
    }
  /** On [batch, size, size, 1]: twice (3x3 convolution, relu, 2x2 maximum), two dense layers, one step of SGD. */
  | {
      readonly kind: 'convnet';
      readonly batch: number;
      readonly size: number;
      readonly channels: readonly [number, number];
      readonly hidden: number;
    }
  /** 3x3 with a border of zeros, [n, size, size, channels] to as many channels; in training: both gradients, too. */
  | {
      readonly kind: 'conv';
      readonly n: number;
      readonly size: number;
      readonly channels: number;
      readonly isDepthwise: boolean;
      readonly isTraining?: boolean;
    }
  /** A block with normalisation in front, exact gelu, four times wider inside; in training: one step of SGD on the mean square. */
  | {
      readonly kind: 'transformer';
      readonly length: number;
      readonly features: number;
      readonly heads: number;
      readonly isTraining: boolean;
    }
  /** Over the last axis of [rows, columns]; the norm has scale and bias. */
  | {
      readonly kind: 'softmax' | 'layerNorm' | 'sum' | 'argmax';
      readonly rows: number;
      readonly columns: number;
    }
  /** Ten element-wise operations, one after the other. */
  | { readonly kind: 'chain'; readonly count: number }
  /** Twenty operations on next to nothing: five times (matmul 4x4, add, tanh, minus the mean). */
  | { readonly kind: 'tiny' };

export const LEARNING_RATE = { sgd: 0.01, adam: 1e-4 } as const;

/** Work that is ready to be done again and again. */
export interface Work {
  /** Once. A training step goes on from the last one. */
  run(): Promise<void> | void;
  /** What it gives, as `sampled` numbers; of training, the losses of the first three steps and then a weight. */
  readonly result: readonly number[];
  close?(): Promise<void>;
}

/** What every side's module exports as `open`. */
export type Open<What = Workload> = (workload: What) => Promise<Work | { readonly why: string }>;

/** What the machine itself can do: multiply-adds, and going through so many bytes; `copy` and `move` write as many beside. */
export type Limit =
  | { readonly kind: 'fma'; readonly threads?: number }
  | { readonly kind: 'read' | 'copy' | 'move'; readonly bytes: number };
