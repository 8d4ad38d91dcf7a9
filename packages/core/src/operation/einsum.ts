import { CoreError } from '../core-error.ts';
import type { Node } from '../graph/node.ts';
import { lengthOf, shapeText, sizeOf } from '../graph/shape.ts';
import { equal, mul } from './elementwise.ts';
import { counting } from './make.ts';
import { matmul } from './matmul.ts';
import { permute, reshape } from './movement.ts';
import { sum } from './reduce.ts';

/** A node whose axes have names of one letter. */
interface Labelled {
  readonly node: Node;
  readonly labels: string;
}

export function einsum(equation: string, operands: readonly Node[]): Node {
  const { inputs, output } = parse(equation, operands);
  const [first, ...rest] = inputs.map(takeDiagonals);
  if (!first) throw mismatch(equation, operands, 'it has no operand');
  let joined = first;
  for (const [index, next] of rest.entries()) {
    const later = rest.slice(index + 1).map(({ labels }) => labels);
    joined = contract(joined, next, [output, ...later].join(''));
  }
  const summed = sumOut(joined, output);
  return permute(
    summed.node,
    [...output].map((label) => summed.labels.indexOf(label)),
  );
}

function parse(
  given: string,
  operands: readonly Node[],
): { readonly inputs: readonly Labelled[]; readonly output: string } {
  const equation = given.replaceAll(' ', '');
  const [left = '', right] = equation.split('->');
  const names = left.split(',');
  const isWritten = /^([a-zA-Z,]|\.\.\.)*(->([a-zA-Z]|\.\.\.)*)?$/.test(equation);
  if (!isWritten || names.length !== operands.length)
    throw mismatch(given, operands, `it describes ${names.length} operands`);
  const others = othersOf(given, names, operands);
  const lengths = new Map<string, number>();
  const inputs = operands.map((node, index) => {
    const own = names[index] ?? '';
    const count = node.shape.length - own.replace('...', '').length;
    const labels = own.replace('...', others.slice(others.length - Math.max(0, count)));
    if (labels.length !== node.shape.length)
      throw mismatch(given, operands, `"${own}" is not of rank ${node.shape.length}`);
    return stretched({ node, labels }, others);
  });
  for (const { node, labels } of inputs) {
    for (const [axis, label] of [...labels].entries()) {
      const length = lengthOf(node.shape, axis);
      if ((lengths.get(label) ?? length) !== length)
        throw mismatch(
          given,
          operands,
          others.includes(label) ? '"..." has two lengths' : `"${label}" has two lengths`,
        );
      lengths.set(label, length);
    }
  }
  // Axes of length 1 everywhere are nobody's now.
  const kept = [...others].filter((label) => lengths.has(label)).join('');
  const all = [...left.replaceAll(/[,.]/g, '')];
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  const output = right === undefined ? kept + once.join('') : right.replace('...', kept);
  const isKnown = [...output].every((label, at) => lengths.has(label) && output.indexOf(label) === at);
  if (!isKnown)
    throw mismatch(given, operands, `"${right ?? output}" repeats a letter, or has one that no operand has`);
  return { inputs, output };
}

/** Letters for the axes that "..." stands for, as many as the longest has; an operand has one "..." at the most. */
function othersOf(equation: string, names: readonly string[], operands: readonly Node[]): string {
  const counts = names.map((name, index) => {
    const parts = name.split('...');
    if (parts.length > 2) throw mismatch(equation, operands, `"${name}" has "..." twice`);
    return parts.length === 1 ? 0 : lengthsOf(operands[index]) - parts.join('').length;
  });
  const free = [...'ZYXWVUTSRQPONMLKJIHGFEDCBAzyxwvutsrqponmlkjihgfedcba'].filter(
    (letter) => !equation.includes(letter),
  );
  return free.slice(0, Math.max(0, ...counts)).join('');
}

const lengthsOf = (node: Node | undefined): number => node?.shape.length ?? 0;

/** Axes of "..." that are of length 1 stretch: they are left out, and others' lengths are taken. */
function stretched({ node, labels }: Labelled, others: string): Labelled {
  const isKept = (axis: number): boolean => !others.includes(labels[axis] ?? '') || node.shape[axis] !== 1;
  const kept = [...labels].filter((_, axis) => isKept(axis));
  return {
    node: reshape(
      node,
      node.shape.filter((_, axis) => isKept(axis)),
    ),
    labels: kept.join(''),
  };
}

function mismatch(equation: string, operands: readonly Node[], what: string): CoreError {
  return new CoreError(
    'EINSUM',
    `einsum: "${equation}" does not fit ${operands.map(({ shape }) => shapeText(shape)).join(', ')}: ${what}.`,
    'One letter per axis, one group of letters per operand, "..." for axes that stretch: "bij,...jk->b...ik".',
  );
}

/** A letter that occurs twice in one operand names its diagonal. */
function takeDiagonals({ node, labels }: Labelled): Labelled {
  const second = [...labels].findIndex((label, at) => labels.indexOf(label) !== at);
  if (second === -1) return { node, labels };
  const first = labels.indexOf(labels[second] ?? '');
  const place = (axis: number): Node =>
    counting(lengthOf(node.shape, axis), axis, node.shape.length, node.device);
  const diagonal = sum(mul(node, equal(place(first), place(second))), second);
  return takeDiagonals({ node: diagonal, labels: labels.slice(0, second) + labels.slice(second + 1) });
}

/** Sums over the axes that are not wanted any more. */
function sumOut({ node, labels }: Labelled, wanted: string): Labelled {
  const axes = [...labels].flatMap((label, axis) => (wanted.includes(label) ? [] : [axis]));
  if (axes.length === 0) return { node, labels };
  return { node: sum(node, axes), labels: [...labels].filter((label) => wanted.includes(label)).join('') };
}

/** The product of two, summed over what they share and nobody wants: batches of matrix products. */
function contract(left: Labelled, right: Labelled, wanted: string): Labelled {
  const a = sumOut(left, wanted + right.labels);
  const b = sumOut(right, wanted + left.labels);
  const shared = [...a.labels].filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => wanted.includes(label));
  const inner = shared.filter((label) => !wanted.includes(label));
  const rows = [...a.labels].filter((label) => !shared.includes(label));
  const columns = [...b.labels].filter((label) => !shared.includes(label));
  const lengths = ({ node, labels }: Labelled, list: readonly string[]): number[] =>
    list.map((label) => node.shape[labels.indexOf(label)] ?? 1);
  const arrange = (one: Labelled, ...groups: readonly (readonly string[])[]): Node =>
    reshape(
      permute(
        one.node,
        groups.flat().map((label) => one.labels.indexOf(label)),
      ),
      groups.map((group) => sizeOf(lengths(one, group))),
    );
  const product = matmul(arrange(a, batch, rows, inner), arrange(b, batch, inner, columns));
  const shape = [...lengths(a, batch), ...lengths(a, rows), ...lengths(b, columns)];
  return { node: reshape(product, shape), labels: [...batch, ...rows, ...columns].join('') };
}
