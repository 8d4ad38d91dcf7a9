import { CoreError } from '../core-error.ts';
import { debug } from '../debug.ts';
import type { TypedArrayOf } from '../graph/dtype.ts';
import { lostValue, makeNode, missingValue, type Node, operationName } from '../graph/node.ts';
import { takeWeight } from '../graph/scope.ts';
import { shapeText } from '../graph/shape.ts';
import { realize } from '../schedule/schedule.ts';

/** Finalizers, which give device memory back, run only between tasks: this many buffers are made before one ends. */
const BUFFERS_PER_TASK = 256;
let made = 0;

/** Computes nodes together, and lets the collector's finalizers run now and then. */
export async function materialize(nodes: readonly Node[]): Promise<void> {
  if (debug().findsNaN) await findNaN(nodes);
  realize(nodes);
  made += takeWeight();
  if (made < BUFFERS_PER_TASK) return;
  made = 0;
  await nextTask();
}

/** Computes a node, and copies its elements to the host. @throws TRS_CORE_DEVICE_LOST, which names what was lost */
export async function valuesOf(node: Node): Promise<TypedArrayOf> {
  const { primitive, device } = node;
  try {
    // Halves come to the host as float32, which holds them exactly.
    const read =
      node.dtype === 'float16'
        ? makeNode({ kind: 'elementwise', fn: 'cast' }, [node], node.shape, 'float32', device)
        : node;
    await materialize(read === node ? [node] : [node, read]);
    if (!read.buffer) throw missingValue(node, 'data');
    return await device.read(read.buffer);
  } catch (cause) {
    if (device.lost === undefined) throw cause;
    throw lostValue(node, primitive.kind === 'data' ? 'A tensor' : `${operationName(primitive)}: the result`);
  }
}

async function nextTask(): Promise<void> {
  if (typeof setImmediate === 'function') {
    await new Promise((resolve) => setImmediate(resolve));
    return;
  }
  // Timers are held back to 4 ms in browsers; messages are not.
  const { port1, port2 } = new MessageChannel();
  await new Promise((resolve) => {
    port1.addEventListener('message', resolve, { once: true });
    port1.start();
    port2.postMessage(0);
  });
  port1.close();
}

/** Computes node by node, and stops at the first that has NaN where its operands have none. @throws TRS_CORE_NAN */
async function findNaN(roots: readonly Node[]): Promise<void> {
  const seen = new Set<Node>();
  const stack = roots.map((node) => ({ node, next: 0 }));
  for (let top = stack.at(-1); top; top = stack.at(-1)) {
    const { node } = top;
    const input = node.inputs[top.next++];
    if (input) {
      if (!seen.has(input)) stack.push({ node: input, next: 0 });
      continue;
    }
    stack.pop();
    if (seen.has(node)) continue;
    seen.add(node);
    await checkNaN(node);
  }
}

async function checkNaN(node: Node): Promise<void> {
  if (node.dtype !== 'float32') return;
  const { primitive, inputs } = node;
  realize([node]);
  if (!node.buffer) return;
  const values = await node.device.read(node.buffer);
  const place = values.findIndex((value: number) => Number.isNaN(value));
  if (place === -1) return;
  const operands = inputs.map((input) => `${input.dtype}${shapeText(input.shape)}`).join(', ');
  throw new CoreError(
    'NAN',
    primitive.kind === 'data'
      ? `A tensor of shape ${shapeText(node.shape)} has NaN as element ${place}.`
      : `${operationName(primitive)} of ${operands} makes NaN as element ${place} of ${shapeText(node.shape)}.`,
    'Its operands have none. Look for 0 / 0, inf - inf, the logarithm or root of a negative number, and too large steps.',
    'invalid',
    node.madeAt ?? true,
  );
}
