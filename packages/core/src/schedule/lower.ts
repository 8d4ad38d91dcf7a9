import type { Node } from '../graph/node.ts';
import { contiguousStrides, lengthOf, sizeOf } from '../graph/shape.ts';
import { invariant } from '../invariant.ts';
import { addStep, type Draft } from './draft.ts';
import { newWriter } from './express.ts';
import type { Groups } from './fuse.ts';
import { foldedShape, foldPath, type Group, type Use } from './group.ts';
import type { Expression, Kernel } from './kernel.ts';
import { matrixOperand } from './matrix-view.ts';
import { contiguousSlot, readOf } from './read.ts';
import { rowsKernel } from './rows.ts';

/** A kernel and the slots that it reads. */
export interface Lowered {
  readonly kernel: Kernel;
  readonly inputs: readonly number[];
}

/** Plans the kernel of a group: gives the slot of its root. */
export function lower(group: Group, draft: Draft, groups: Groups): number {
  const { kernel, inputs } = lowered(group, draft, groups);
  return addStep(group.root, kernel, inputs, draft);
}

function lowered(group: Group, draft: Draft, groups: Groups): Lowered {
  const { root, folds, product } = group;
  switch (root.primitive.kind) {
    case 'matmul':
    case 'assemble':
    case 'argsort':
    case 'gather':
    case 'scatterAdd':
      return movement(root, draft);
    default:
      if (product) return productKernel(group, product, draft, groups);
      if (folds.size > 1 || (folds.size > 0 && !group.isNarrow)) return rowsKernel(group, draft, groups);
      for (const fold of folds) return foldKernel(group, fold, draft, groups);
      return elementwiseKernel(group, draft, groups);
  }
}

/** An operand, which must be there: a kernel that took the node itself instead would compute something else in silence. */
const operandOf = (node: Node, index: number): Node =>
  invariant(node.inputs[index], `operand ${index} of ${node.primitive.kind}`);

const atRoot = (group: Group): Use => ({ group, isFolded: false, path: undefined });

function elementwiseKernel(group: Group, draft: Draft, groups: Groups): Lowered {
  const { root } = group;
  const writer = newWriter(draft, groups, false, () => undefined);
  const expression = writer.write(root, atRoot(group), true);
  const { shape, dtype } = root;
  return { kernel: { kind: 'elementwise', shape, dtype, expression }, inputs: writer.inputs };
}

/** A reduction with what is computed before and after. */
function foldKernel(group: Group, fold: Node, draft: Draft, groups: Groups): Lowered {
  const { root } = group;
  const accumulator: Expression = { kind: 'accumulator', dtype: fold.dtype };
  const writer = newWriter(draft, groups, false, (node) => (node === fold ? accumulator : undefined));
  const expression = writer.write(operandOf(fold, 0), { group, isFolded: true, path: foldPath(fold) });
  const innerShape = foldedShape(fold);
  const { shape, dtype } = root;
  const fn = invariant(
    fold.primitive.kind === 'reduce' ? fold.primitive.fn : undefined,
    'the function of a fold',
  );
  const plain = {
    kind: 'reduce',
    shape,
    dtype,
    fn,
    expression,
    inner: sizeOf(innerShape),
    innerShape,
  } as const;
  const kernel = root === fold ? plain : { ...plain, epilogue: writer.write(root, atRoot(group), true) };
  return { kernel, inputs: writer.inputs };
}

/** A matrix product with what is done to its elements before they are written. */
function productKernel(group: Group, product: Node, draft: Draft, groups: Groups): Lowered {
  const { root } = group;
  const { kernel, inputs } = matmul(product, draft);
  const accumulator: Expression = { kind: 'accumulator', dtype: product.dtype };
  const placeholder = (node: Node): Expression | undefined => (node === product ? accumulator : undefined);
  const writer = newWriter(draft, groups, false, placeholder);
  writer.inputs.push(...inputs);
  const epilogue = writer.write(root, atRoot(group), true);
  return { kernel: { ...kernel, shape: root.shape, dtype: root.dtype, epilogue }, inputs: writer.inputs };
}

function matmul(node: Node, draft: Draft) {
  const { shape, dtype } = node;
  const [left, right] = [operandOf(node, 0), operandOf(node, 1)];
  const [m, n] = [lengthOf(shape, shape.length - 2), lengthOf(shape, shape.length - 1)];
  const k = lengthOf(left.shape, left.shape.length - 1);
  const batch = sizeOf(shape.slice(0, -2));
  const a = matrixOperand(left, [batch, m, k], draft);
  const b = matrixOperand(right, [batch, k, n], draft);
  const kernel = { kind: 'matmul', shape, dtype, batch, m, k, n, a: a.view, b: b.view } as const;
  return { kernel, inputs: [a.slot, b.slot] };
}

/** Kernels that take their operands from buffers. */
function movement(node: Node, draft: Draft): Lowered {
  const { primitive, shape, dtype, inputs } = node;
  switch (primitive.kind) {
    case 'assemble': {
      const strides = contiguousStrides(shape);
      const slots: number[] = [];
      const pieces = inputs.map((one, index) => {
        const offsets = invariant(primitive.offsets[index], 'the offset of a piece');
        const offset = strides.reduce((sum, stride, axis) => sum + stride * lengthOf(offsets, axis), 0);
        const { slot, view } = readOf(one, draft);
        const known = slots.indexOf(slot);
        return { input: known === -1 ? slots.push(slot) - 1 : known, view, offset, strides };
      });
      return { kernel: { kind: 'assemble', shape, dtype, pieces }, inputs: slots };
    }
    case 'argsort': {
      const length = lengthOf(shape, shape.length - 1);
      const outer = sizeOf(shape.slice(0, -1));
      const { isDescending } = primitive;
      const kernel = { kind: 'argsort', shape, dtype, outer, length, isDescending } as const;
      return { kernel, inputs: [contiguousSlot(operandOf(node, 0), draft)] };
    }
    case 'gather':
    case 'scatterAdd': {
      const [first, second] = [operandOf(node, 0), operandOf(node, 1)];
      const table = primitive.kind === 'gather' ? first.shape : shape;
      const { kind, axis } = primitive;
      const kernel: Kernel = {
        kind,
        shape,
        dtype,
        outer: sizeOf(table.slice(0, axis)),
        length: lengthOf(table, axis),
        inner: sizeOf(table.slice(axis + 1)),
        count: sizeOf(second.shape),
      };
      return { kernel, inputs: [contiguousSlot(first, draft), contiguousSlot(second, draft)] };
    }
    default:
      return matmul(node, draft);
  }
}
