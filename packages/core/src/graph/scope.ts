import type { Node } from './node.ts';

/** The nodes that got a buffer while a scope was open. */
export type Scope = Set<Node>;

// Scopes are synchronous, so they open and close like calls.
const open: Scope[] = [];
let weight = 0;

/** Opens a scope around a synchronous function; gives its result and what got a buffer in it. */
export function withScope<T>(fn: () => T): { readonly result: T; readonly made: Scope } {
  const made: Scope = new Set();
  open.push(made);
  try {
    return { result: fn(), made };
  } finally {
    open.pop();
  }
}

/** Notes that a node owns a buffer now. */
export function own(node: Node): void {
  open.at(-1)?.add(node);
  weight += 1;
}

/** How many buffers were made since this was last asked. */
export function takeWeight(): number {
  const taken = weight;
  weight = 0;
  return taken;
}

/** Gives a node's buffer back; whatever needs its value later says so. */
export function release(node: Node, by: string): void {
  if (node.released !== undefined) return;
  const { buffer } = node;
  node.buffer = undefined;
  node.released = by;
  node.primitive = { kind: 'data' };
  node.inputs = [];
  node.derivative = undefined;
  if (buffer) node.device.release?.(buffer);
}
