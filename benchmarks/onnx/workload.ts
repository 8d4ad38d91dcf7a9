import type { Network } from './networks.ts';

/** What a side does again and again. */
export type OnnxWorkload =
  /** Runs a network on one batch. */
  | { readonly kind: 'run'; readonly network: Network; readonly batch: number }
  /** Reads a file's bytes, which are at hand, and makes a session of them. */
  | { readonly kind: 'open'; readonly network: Network };
