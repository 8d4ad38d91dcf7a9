import type { Node } from '../graph/node.ts';
import { type Draft, isStop } from './draft.ts';
import { inSpace, placeOf, textOf, type Use } from './group.ts';
import type { Expression } from './kernel.ts';
import { alongPath, isView } from './path.ts';
import { readOf } from './read.ts';
import { contiguousView, type View } from './view.ts';

/** Writes the expressions of one kernel, and collects the slots that it reads. */
export interface Writer {
  readonly inputs: number[];
  /** The value of a node where it is used; the root's own work is written when `isRoot`. */
  write(node: Node, use: Use, isRoot?: boolean): Expression;
}

/** What stands for a reduction or a product inside an expression. */
export type Placeholder = (node: Node) => Expression | undefined;

/**
 * @param isSqueezed whether loads are over the group's space, or over the shapes that the paths lead to
 * @param placeholder asked for every node that is computed in the group
 */
export function newWriter(
  draft: Draft,
  groups: { has(node: Node): boolean },
  isSqueezed: boolean,
  placeholder: Placeholder,
): Writer {
  const inputs: number[] = [];
  const known = new Map<string, Expression>();
  const numbers = new Map<Expression, number>();
  /** Equal expressions are one object: what is written twice is computed once. */
  const unique = (text: string, make: () => Expression): Expression => {
    const before = known.get(text);
    if (before) return before;
    const made = make();
    known.set(text, made);
    return made;
  };
  const numberOf = (expression: Expression): number => {
    const number = numbers.get(expression) ?? numbers.size;
    numbers.set(expression, number);
    return number;
  };
  const finished = (view: View, use: Use): View => (isSqueezed ? (inSpace(view, use) ?? view) : view);
  const viewText = (view: View): string => `${textOf(view)}:${view.shape}`;

  const load = (node: Node, use: Use): Expression => {
    const read = readOf(node, draft, use.path);
    const view = finished(read.view, use);
    const at = inputs.indexOf(read.slot);
    const input = at === -1 ? inputs.push(read.slot) - 1 : at;
    return unique(`load ${input} ${viewText(view)}`, () => ({
      kind: 'load',
      input,
      view,
      dtype: node.dtype,
    }));
  };
  const apply = (node: Node, fn: Extract<Node['primitive'], { kind: 'elementwise' }>['fn'], use: Use) => {
    const operands = node.inputs.map((input) => write(input, use));
    const text = `${fn} ${node.dtype} ${operands.map(numberOf)}`;
    return unique(text, () => ({ kind: 'apply', fn, operands, dtype: node.dtype }));
  };
  const compute = (node: Node, use: Use): Expression | undefined => {
    const { primitive, dtype } = node;
    if (primitive.kind === 'constant') {
      const { value } = primitive;
      const text = `constant ${Object.is(value, -0) ? '-0' : value} ${dtype}`;
      return unique(text, () => ({ kind: 'constant', value, dtype }));
    }
    if (primitive.kind === 'iota') {
      const view = alongPath(contiguousView(node.shape), use.path);
      if (!view) return undefined;
      const place = finished(view, use);
      return unique(`iota ${viewText(place)} ${dtype}`, () => ({ kind: 'iota', view: place, dtype }));
    }
    if (primitive.kind === 'elementwise') return apply(node, primitive.fn, use);
    return placeholder(node);
  };
  const byPlace = new Map<Node, Map<string, Expression>>();
  const write = (node: Node, use: Use, isRoot = false): Expression => {
    if (isStop(node, draft) && !isRoot) return load(node, use);
    const [below] = node.inputs;
    if (isView(node) && below) return write(below, { ...use, path: { movement: node, outer: use.path } });
    if (groups.has(node) && !isRoot && node.primitive.kind !== 'constant' && node.primitive.kind !== 'iota')
      return load(node, use);
    const place = placeOf(node, use);
    if (!place) return compute(node, use) ?? load(node, use);
    const texts = byPlace.get(node) ?? new Map<string, Expression>();
    byPlace.set(node, texts);
    const text = textOf(place);
    const made = texts.get(text) ?? compute(node, use) ?? load(node, use);
    texts.set(text, made);
    return made;
  };
  return { inputs, write };
}
