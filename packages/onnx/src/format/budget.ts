import { OnnxError } from '../onnx-error.ts';
import type { ExternalData } from './external-data.ts';

/** How much a model may hold: what a file declares is checked before it is allocated. */
export interface Limits {
  readonly maxBytes: number;
  readonly maxNodes: number;
  /** Elements of all tensors together. */
  readonly maxElements: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxBytes: 2 ** 31,
  maxNodes: 100_000,
  maxElements: 2 ** 29,
};

export interface Budget {
  /** The size of a shape, taken off the budget. @throws TRS_ONNX_TOO_LARGE, TRS_ONNX_MALFORMED */
  elements(dims: readonly number[], name: string): number;
  node(): void;
  /** Goes into a graph that a node holds, or a type within a type, and out again. */
  enter(): void;
  leave(): void;
  /** Where tensors find what they keep in other files; they are refused where there is none. */
  readonly external: ExternalData | undefined;
}

/** Bodies within bodies; exporters write two or three. */
const MAX_DEPTH = 32;

export function newBudget(limits: Limits, external?: ExternalData): Budget {
  let [elements, nodes, depth] = [0, 0, 0];
  return {
    external,
    enter() {
      if (++depth > MAX_DEPTH) throw tooLarge(`graphs or types more than ${MAX_DEPTH} deep in each other`);
    },
    leave() {
      depth -= 1;
    },
    elements(dims, name) {
      if (dims.length > 16 || dims.some((length) => !Number.isSafeInteger(length) || length < 0)) {
        throw new OnnxError(
          'MALFORMED',
          `The tensor "${name}" has the shape [${dims.slice(0, 20).join(', ')}].`,
          'Export the model again.',
        );
      }
      const size = dims.reduce((product, length) => product * length, 1);
      elements += size;
      if (elements > limits.maxElements) throw tooLarge(`more than ${limits.maxElements} elements`);
      return size;
    },
    node() {
      if (++nodes > limits.maxNodes) throw tooLarge(`more than ${limits.maxNodes} nodes`);
    },
  };
}

export const tooLarge = (what: string): OnnxError =>
  new OnnxError('TOO_LARGE', `The model holds ${what}.`, 'Raise the limit if you trust the file.');
