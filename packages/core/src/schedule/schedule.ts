import type { DeviceBuffer } from '../device/device.ts';
import type { Node } from '../graph/node.ts';
import { contiguousStrides, sizeOf } from '../tensor/shape.ts';
import type { Expression, Kernel } from './kernel.ts';
import { contiguousView, expandView, permuteView, reshapeView, sliceView, type View } from './view.ts';

/** WebGPU guarantees eight storage buffers per kernel; one is the output. */
const MAX_KERNEL_INPUTS = 7;
/** Larger expressions gain nothing more from fusion, and make kernels that compile slowly. */
const MAX_EXPRESSION_NODES = 48;

/**
 * Computes nodes and what they need: chains of element-wise work become one kernel each, also in front of a reduction, and
 * views cost nothing. Work is handed to the device in order; nothing waits.
 */
export function realize(roots: readonly Node[]): void {
  const order = pendingInOrder(roots);
  const uses = countUses(order, roots);
  for (const node of order) {
    if (node.buffer || isVirtual(node, uses)) continue;
    compute(node, uses);
  }
}

/** Nodes without a buffer that the roots need, operands first. Iterative: chains may be longer than the call stack. */
function pendingInOrder(roots: readonly Node[]): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  for (const root of roots) {
    if (!root.buffer && !seen.has(root)) {
      seen.add(root);
      stack.push({ node: root, next: 0 });
    }
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++];
      if (!input) {
        order.push(top.node);
        stack.pop();
      } else if (!input.buffer && !seen.has(input)) {
        seen.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}

function countUses(order: readonly Node[], roots: readonly Node[]): Map<Node, number> {
  const uses = new Map<Node, number>();
  const add = (node: Node, count: number): void => void uses.set(node, (uses.get(node) ?? 0) + count);
  for (const node of order) for (const input of node.inputs) add(input, 1);
  // A root is wanted as a buffer of its own.
  for (const root of roots) add(root, Number.POSITIVE_INFINITY);
  return uses;
}

const isView = (node: Node): boolean =>
  ['reshape', 'permute', 'expand', 'slice'].includes(node.primitive.kind);

/** Whether a node never gets a buffer: its users compute it inside their own kernel. */
function isVirtual(node: Node, uses: ReadonlyMap<Node, number>): boolean {
  if (uses.get(node) === Number.POSITIVE_INFINITY) return false;
  const { kind } = node.primitive;
  return kind === 'constant' || isView(node) || (kind === 'elementwise' && uses.get(node) === 1);
}

/** Collects the buffers and the expression of one kernel. */
interface Fusion {
  readonly buffers: DeviceBuffer[];
  readonly uses: ReadonlyMap<Node, number>;
  nodes: number;
  /** Operands still to be expressed; each may take one buffer. */
  pending: number;
}

const newFusion = (uses: ReadonlyMap<Node, number>): Fusion => ({ buffers: [], uses, nodes: 0, pending: 0 });

function compute(node: Node, uses: ReadonlyMap<Node, number>): DeviceBuffer {
  if (node.buffer) return node.buffer;
  const fusion = newFusion(uses);
  const kernel = lower(node, fusion);
  const buffer = node.device.run(kernel, fusion.buffers);
  node.buffer = buffer;
  node.primitive = { kind: 'data' };
  node.inputs = [];
  return buffer;
}

function lower(node: Node, fusion: Fusion): Kernel {
  const { primitive, shape, dtype, inputs } = node;
  const operand = (index: number): Node => inputs[index] ?? node;
  switch (primitive.kind) {
    case 'matmul': {
      const [m = 1, n = 1] = shape.slice(-2);
      const k = operand(0).shape.at(-1) ?? 1;
      const batch = sizeOf(shape.slice(0, -2));
      const a = matrixView(operand(0), [batch, m, k], fusion);
      const b = matrixView(operand(1), [batch, k, n], fusion);
      return { kind: 'matmul', shape, dtype, batch, m, k, n, a, b };
    }
    case 'reduce': {
      const kept = shape.map((_, axis) => axis).filter((axis) => !primitive.axes.includes(axis));
      const whole = operand(0).shape;
      const innerShape = primitive.axes.map((axis) => whole[axis] ?? 1);
      const permutation = [...kept, ...primitive.axes];
      const expression = permuteExpression(express(operand(0), fusion), permutation);
      return {
        kind: 'reduce',
        shape,
        dtype,
        fn: primitive.fn,
        expression,
        inner: sizeOf(innerShape),
        innerShape,
      };
    }
    case 'assemble': {
      const strides = contiguousStrides(shape);
      const pieces = inputs.map((input, index) => {
        const offsets = primitive.offsets[index] ?? [];
        const offset = strides.reduce((sum, stride, axis) => sum + stride * (offsets[axis] ?? 0), 0);
        return { ...load(input, fusion), offset, strides };
      });
      return { kind: 'assemble', shape, dtype, pieces };
    }
    case 'gather':
    case 'scatterAdd': {
      fusion.buffers.push(contiguous(operand(0), fusion.uses), contiguous(operand(1), fusion.uses));
      const table = primitive.kind === 'gather' ? operand(0).shape : shape;
      return {
        kind: primitive.kind,
        shape,
        dtype,
        outer: sizeOf(table.slice(0, primitive.axis)),
        length: table[primitive.axis] ?? 1,
        inner: sizeOf(table.slice(primitive.axis + 1)),
        count: sizeOf(operand(1).shape),
      };
    }
    default:
      return { kind: 'elementwise', shape, dtype, expression: express(node, fusion, true) };
  }
}

/** The expression of a node: its own work if only this kernel uses it, a load of its buffer otherwise. */
function express(node: Node, fusion: Fusion, isRoot = false): Expression {
  const { primitive, dtype } = node;
  if (!node.buffer) {
    if (primitive.kind === 'constant') return { kind: 'constant', value: primitive.value, dtype };
    // Only as a kernel of its own: inside another one, permuted axes would count in another order.
    if (primitive.kind === 'iota' && isRoot) return { kind: 'iota', dtype };
    const hasRoom =
      fusion.nodes < MAX_EXPRESSION_NODES &&
      fusion.buffers.length + fusion.pending + node.inputs.length <= MAX_KERNEL_INPUTS;
    if (primitive.kind === 'elementwise' && (isRoot || (fusion.uses.get(node) === 1 && hasRoom))) {
      fusion.nodes++;
      fusion.pending += node.inputs.length;
      const operands = node.inputs.map((input) => {
        fusion.pending--;
        return express(input, fusion);
      });
      return { kind: 'apply', fn: primitive.fn, operands, dtype };
    }
    if (
      primitive.kind === 'expand' &&
      node.inputs[0]?.primitive.kind === 'constant' &&
      !node.inputs[0].buffer
    ) {
      return { kind: 'constant', value: node.inputs[0].primitive.value, dtype };
    }
  }
  const { input, view } = load(node, fusion);
  return { kind: 'load', input, view, dtype };
}

/** A buffer and the view through which a node reads it; the node below the views is computed if need be. */
function load(node: Node, fusion: Fusion): { input: number; view: View } {
  const { buffer, view } = viewOf(node, fusion.uses);
  const known = fusion.buffers.indexOf(buffer);
  if (known !== -1) return { input: known, view };
  fusion.buffers.push(buffer);
  return { input: fusion.buffers.length - 1, view };
}

function viewOf(node: Node, uses: ReadonlyMap<Node, number>): { buffer: DeviceBuffer; view: View } {
  const below = node.inputs[0];
  if (node.buffer || !isView(node) || !below)
    return { buffer: compute(node, uses), view: contiguousView(node.shape) };
  const { buffer, view } = viewOf(below, uses);
  switch (node.primitive.kind) {
    case 'permute':
      return { buffer, view: permuteView(view, node.primitive.permutation) };
    case 'expand':
      return { buffer, view: expandView(view, node.shape) };
    case 'slice':
      return { buffer, view: sliceView(view, node.shape, node.primitive.starts, node.primitive.steps) };
    default: {
      const reshaped = reshapeView(view, node.shape);
      if (reshaped) return { buffer, view: reshaped };
      return { buffer: contiguous(below, uses), view: contiguousView(node.shape) };
    }
  }
}

/** A buffer with the node's elements in row-major order. */
function contiguous(node: Node, uses: ReadonlyMap<Node, number>): DeviceBuffer {
  if (node.buffer) return node.buffer;
  if (!isView(node)) return compute(node, uses);
  const { buffer, view } = viewOf(node, uses);
  const expression: Expression = { kind: 'load', input: 0, view, dtype: node.dtype };
  return node.device.run({ kind: 'elementwise', shape: node.shape, dtype: node.dtype, expression }, [buffer]);
}

function matrixView(node: Node, shape: readonly number[], fusion: Fusion): View {
  const { buffer, view } = viewOf(node, fusion.uses);
  const flat = reshapeView(view, shape);
  fusion.buffers.push(flat ? buffer : contiguous(node, fusion.uses));
  return flat ?? contiguousView(shape);
}

/** Reorders the axes of every load. */
function permuteExpression(expression: Expression, permutation: readonly number[]): Expression {
  if (permutation.every((axis, index) => axis === index)) return expression;
  if (expression.kind === 'load') return { ...expression, view: permuteView(expression.view, permutation) };
  if (expression.kind !== 'apply') return expression;
  return {
    ...expression,
    operands: expression.operands.map((operand) => permuteExpression(operand, permutation)),
  };
}
