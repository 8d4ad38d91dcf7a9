import type { Device } from '../device/device.ts';
import { missingValue, type Node, settle } from '../graph/node.ts';
import { contiguousStrides, sizeOf } from '../tensor/shape.ts';
import type { Expression, Kernel, MatrixView } from './kernel.ts';
import { planMemory, type RawStep } from './memory.ts';
import { type Plan, runPlan, type Slot } from './plan.ts';
import {
  contiguousView,
  expandView,
  flipView,
  isContiguous,
  permuteView,
  reshapeView,
  sliceView,
  type View,
  windowsView,
} from './view.ts';

/** WebGPU guarantees eight storage buffers per kernel; one is the output. */
const MAX_KERNEL_INPUTS = 7;
/** Larger expressions gain nothing more from fusion, and make kernels that compile slowly. */
const MAX_EXPRESSION_NODES = 48;

export interface ScheduleOptions {
  /** Nodes whose buffers are given when the plan is run; what made them is not looked at. */
  readonly parameters?: readonly Node[];
  /** Indices of parameters that nothing reads after a run. */
  readonly donated?: readonly number[];
}

/** Computes nodes and what they need; then the nodes forget what they were made from. */
export function realize(roots: readonly Node[]): void {
  const pending = new Map<Device, Node[]>();
  for (const root of roots) {
    if (root.buffer) continue;
    const group = pending.get(root.device);
    if (group) group.push(root);
    else pending.set(root.device, [root]);
  }
  for (const group of pending.values()) {
    const buffers = runPlan(schedule(group), []);
    for (const [index, node] of group.entries()) {
      const buffer = buffers[index];
      if (buffer) settle(node, buffer);
    }
  }
}

/**
 * Plans the computation of nodes of one device: chains of element-wise work become one kernel each, also in front of a
 * reduction, and views cost nothing. Nothing is computed, and no node is changed.
 *
 * @throws TRS_CORE_PLACEHOLDER when a node without a value is neither computed nor a parameter
 */
export function schedule(roots: readonly Node[], options: ScheduleOptions = {}): Plan {
  const { parameters = [], donated = [] } = options;
  const device = (roots[0] ?? parameters[0])?.device;
  if (!device) throw new RangeError('A plan needs a root or a parameter.');
  const plan: Draft = {
    device,
    maxInputs: device.abilities?.maxInputs ?? MAX_KERNEL_INPUTS,
    slots: [],
    slotOf: new Map(),
    steps: [],
    uses: new Map(),
    fixed: new Set(parameters),
    taken: new Set(),
  };
  for (const node of parameters) {
    if (plan.slotOf.has(node)) throw new RangeError('A node is given twice as a parameter.');
    newSlot(node, plan);
  }
  const order = pendingInOrder(roots, plan.slotOf);
  countUses(order, roots, plan.uses);
  for (const node of order) if (!isVirtual(node, plan.uses)) compute(node, plan);
  const outputs = roots.map((root) => compute(root, plan));
  const steps = planMemory(plan.steps, plan.slots, parameters.length, donated, outputs);
  return { device, slots: plan.slots, steps, parameters: parameters.length, donated, outputs };
}

/** A plan in the making. */
interface Draft {
  readonly device: Device;
  readonly maxInputs: number;
  readonly slots: Slot[];
  /** Where the elements of a node lie, once that is known. */
  readonly slotOf: Map<Node, number>;
  readonly steps: RawStep[];
  readonly uses: Map<Node, number>;
  /** Nodes that have a value whatever their primitive says. */
  readonly fixed: ReadonlySet<Node>;
  /** Slots that are, or may become, the buffer of a root: two roots never share one. */
  readonly taken: Set<number>;
}

function newSlot(node: Node, plan: Draft): number {
  const slot = plan.slots.length;
  const { dtype, buffer } = node;
  const size = sizeOf(node.shape);
  plan.slots.push(buffer && !plan.fixed.has(node) ? { dtype, size, captured: buffer } : { dtype, size });
  plan.slotOf.set(node, slot);
  if (plan.fixed.has(node) || plan.uses.get(node) === Number.POSITIVE_INFINITY) plan.taken.add(slot);
  return slot;
}

const hasValue = (node: Node, plan: Draft): boolean => node.buffer !== undefined || plan.slotOf.has(node);

/** Nodes without a value that the roots need, operands first. Iterative: chains may be longer than the call stack. */
function pendingInOrder(roots: readonly Node[], given: ReadonlyMap<Node, number>): Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  const stack: { node: Node; next: number }[] = [];
  const visit = (node: Node): void => {
    if (node.buffer || given.has(node) || seen.has(node)) return;
    seen.add(node);
    stack.push({ node, next: 0 });
  };
  for (const root of roots) {
    visit(root);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++];
      if (input) visit(input);
      else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}

function countUses(order: readonly Node[], roots: readonly Node[], uses: Map<Node, number>): void {
  const add = (node: Node, count: number): void => void uses.set(node, (uses.get(node) ?? 0) + count);
  for (const node of order) for (const input of node.inputs) add(input, 1);
  // A root is wanted as a buffer of its own.
  for (const root of roots) add(root, Number.POSITIVE_INFINITY);
}

const isView = (node: Node): boolean =>
  ['reshape', 'permute', 'expand', 'slice', 'flip', 'windows'].includes(node.primitive.kind);

/** Whether a node never gets a buffer: its users compute it inside their own kernel. */
function isVirtual(node: Node, uses: ReadonlyMap<Node, number>): boolean {
  if (uses.get(node) === Number.POSITIVE_INFINITY) return false;
  const { kind } = node.primitive;
  return kind === 'constant' || isView(node) || (kind === 'elementwise' && uses.get(node) === 1);
}

/** Collects the inputs and the expression of one kernel. */
interface Fusion {
  readonly inputs: number[];
  readonly plan: Draft;
  nodes: number;
  /** Operands still to be expressed; each may take one input. */
  pending: number;
}

const newFusion = (plan: Draft): Fusion => ({ inputs: [], plan, nodes: 0, pending: 0 });

/** The slot with a node's elements in row-major order. */
function compute(node: Node, plan: Draft): number {
  const known = plan.slotOf.get(node);
  if (known !== undefined) return known;
  if (node.buffer) return newSlot(node, plan);
  if (node.primitive.kind === 'data') throw missingValue(node);
  if (isView(node)) {
    const shared = sharedSlot(node, plan);
    if (shared !== undefined) return shared;
  }
  const fusion = newFusion(plan);
  const kernel = lower(node, fusion);
  return addStep(node, kernel, fusion);
}

/** The slot that a reshaped result can have in common with what it was made from, when that is no one else's result. */
function sharedSlot(node: Node, plan: Draft): number | undefined {
  const { slot, view } = viewOf(node, plan);
  const { size, captured } = plan.slots[slot] ?? { size: -1 };
  const isOurs = !captured && !plan.taken.has(slot);
  if (!isOurs || size !== sizeOf(node.shape) || !isContiguous(view)) return undefined;
  plan.taken.add(slot);
  plan.slotOf.set(node, slot);
  return slot;
}

function addStep(node: Node, kernel: Kernel, { inputs, plan }: Fusion): number {
  const output = newSlot(node, plan);
  plan.steps.push({ kernel, inputs, output });
  return output;
}

function lower(node: Node, fusion: Fusion): Kernel {
  const { primitive, shape, dtype, inputs } = node;
  const operand = (index: number): Node => inputs[index] ?? node;
  switch (primitive.kind) {
    case 'matmul': {
      const [m = 1, n = 1] = shape.slice(-2);
      const k = operand(0).shape.at(-1) ?? 1;
      const batch = sizeOf(shape.slice(0, -2));
      const a = matrixView(operand(0), batch, m, k, fusion);
      const b = matrixView(operand(1), batch, k, n, fusion);
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
    case 'argsort': {
      fusion.inputs.push(contiguous(operand(0), fusion.plan));
      const length = shape.at(-1) ?? 1;
      const outer = sizeOf(shape.slice(0, -1));
      return { kind: 'argsort', shape, dtype, outer, length, isDescending: primitive.isDescending };
    }
    case 'gather':
    case 'scatterAdd': {
      fusion.inputs.push(contiguous(operand(0), fusion.plan), contiguous(operand(1), fusion.plan));
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
  if (!hasValue(node, fusion.plan)) {
    if (primitive.kind === 'constant') return { kind: 'constant', value: primitive.value, dtype };
    if (primitive.kind === 'iota' && isRoot) return { kind: 'iota', view: contiguousView(node.shape), dtype };
    const hasRoom =
      fusion.nodes < MAX_EXPRESSION_NODES &&
      fusion.inputs.length + fusion.pending + node.inputs.length <= fusion.plan.maxInputs;
    if (primitive.kind === 'elementwise' && (isRoot || (fusion.plan.uses.get(node) === 1 && hasRoom))) {
      fusion.nodes++;
      fusion.pending += node.inputs.length;
      const operands = node.inputs.map((input) => {
        fusion.pending--;
        return express(input, fusion);
      });
      return { kind: 'apply', fn: primitive.fn, operands, dtype };
    }
    const below = node.inputs[0];
    if (
      primitive.kind === 'expand' &&
      below?.primitive.kind === 'constant' &&
      !hasValue(below, fusion.plan)
    ) {
      return { kind: 'constant', value: below.primitive.value, dtype };
    }
  }
  const { input, view } = load(node, fusion);
  return { kind: 'load', input, view, dtype };
}

/** An input of a kernel and the view through which a node reads it; the node below the views is computed if need be. */
function load(node: Node, fusion: Fusion): { input: number; view: View } {
  const { slot, view } = viewOf(node, fusion.plan);
  const known = fusion.inputs.indexOf(slot);
  if (known !== -1) return { input: known, view };
  fusion.inputs.push(slot);
  return { input: fusion.inputs.length - 1, view };
}

function viewOf(node: Node, plan: Draft): { slot: number; view: View } {
  const below = node.inputs[0];
  if (hasValue(node, plan) || !isView(node) || !below)
    return { slot: compute(node, plan), view: contiguousView(node.shape) };
  const { slot, view } = viewOf(below, plan);
  switch (node.primitive.kind) {
    case 'permute':
      return { slot, view: permuteView(view, node.primitive.permutation) };
    case 'expand':
      return { slot, view: expandView(view, node.shape) };
    case 'slice':
      return { slot, view: sliceView(view, node.shape, node.primitive.starts, node.primitive.steps) };
    case 'flip':
      return { slot, view: flipView(view, node.primitive.axes) };
    case 'windows': {
      const { axes, strides, dilations } = node.primitive;
      return { slot, view: windowsView(view, node.shape, axes, strides, dilations) };
    }
    default: {
      const reshaped = reshapeView(view, node.shape);
      if (reshaped) return { slot, view: reshaped };
      return { slot: contiguous(below, plan), view: contiguousView(node.shape) };
    }
  }
}

/** Like `compute`, and views are copied. */
function contiguous(node: Node, plan: Draft): number {
  if (hasValue(node, plan) || !isView(node)) return compute(node, plan);
  const { slot, view } = viewOf(node, plan);
  const { shape, dtype } = node;
  const expression: Expression = { kind: 'load', input: 0, view, dtype };
  return addStep(
    node,
    { kind: 'elementwise', shape, dtype, expression },
    { ...newFusion(plan), inputs: [slot] },
  );
}

/**
 * The view through which a matrix product reads an operand. Where the device takes them, reshapes that merge axes stay views:
 * the product walks the axes below, so that windows are never copied.
 */
function matrixView(node: Node, batch: number, rows: number, columns: number, fusion: Fusion): MatrixView {
  const { plan } = fusion;
  const shape = [batch, rows, columns];
  const below = node.inputs[0];
  if (
    plan.device.abilities?.matrixViews &&
    below &&
    node.primitive.kind === 'reshape' &&
    !hasValue(node, plan) &&
    isView(below) &&
    !hasValue(below, plan)
  ) {
    const { slot, view } = viewOf(below, plan);
    const split = splitAxes(view.shape, batch, rows, columns);
    if (split && !reshapeView(view, node.shape)) {
      fusion.inputs.push(slot);
      return { ...view, split };
    }
  }
  const { slot, view } = viewOf(node, plan);
  const flat = reshapeView(view, shape);
  if (flat || !plan.device.abilities?.matrixViews) {
    fusion.inputs.push(flat ? slot : contiguous(node, plan));
    return { ...(flat ?? contiguousView(shape)), split: [1, 2] };
  }
  const rank = view.shape.length;
  fusion.inputs.push(slot);
  return { ...view, split: [rank - 2, rank - 1] };
}

/** Where axes fall into batch, rows and columns; undefined when an axis would have to be cut. */
function splitAxes(
  shape: readonly number[],
  batch: number,
  rows: number,
  columns: number,
): readonly [number, number] | undefined {
  const take = (from: number, size: number): number => {
    let product = 1;
    let axis = from;
    while (product < size && axis < shape.length) product *= shape[axis++] ?? 1;
    return product === size ? axis : -1;
  };
  const first = take(0, batch);
  const second = first < 0 ? -1 : take(first, rows);
  const last = second < 0 ? -1 : take(second, columns);
  if (last < 0 || shape.slice(last).some((length) => length !== 1)) return undefined;
  return [first, second];
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
