import type { Node } from '../graph/node.ts';
import { sizeOf } from '../graph/shape.ts';
import type { Draft } from './draft.ts';
import { newWriter } from './express.ts';
import type { Groups } from './fuse.ts';
import { foldPath, type Group } from './group.ts';
import { type KeptRows, keepValues } from './keep.ts';
import type { Expression } from './kernel.ts';
import type { Lowered } from './lower.ts';

/** Several folds over rows that stay in the cache, and what is made of them: an element per row, or per element of the rows. */
export function rowsKernel(group: Group, draft: Draft, groups: Groups): Lowered {
  const { root, space, split, isNarrow, folds } = group;
  const stages: KeptRows['stages'][number][] = [];
  const known = new Map<Node, Expression>();
  const stageOf = (node: Node): Expression | undefined => {
    if (!folds.has(node) || node.primitive.kind !== 'reduce') return undefined;
    const before = known.get(node);
    if (before) return before;
    const { fn } = node.primitive;
    const [operand = node] = node.inputs;
    // Writing the operand adds the stages that it needs, before its own.
    const expression = writer.write(operand, { group, isFolded: true, path: foldPath(node) });
    const stage = stages.push({ kind: 'fold', fn, expression }) - 1;
    const made: Expression = { kind: 'stage', stage, dtype: node.dtype };
    known.set(node, made);
    return made;
  };
  const writer = newWriter(draft, groups, true, stageOf);
  const result = writer.write(root, { group, isFolded: false, path: undefined }, true);
  const isWide = !isNarrow;
  const kernel = {
    kind: 'rows',
    shape: root.shape,
    dtype: root.dtype,
    outer: sizeOf(space.slice(0, split)),
    inner: sizeOf(space.slice(split)),
    isWide,
    ...keepValues({ stages, result }, isWide),
  } as const;
  return { kernel, inputs: writer.inputs };
}
