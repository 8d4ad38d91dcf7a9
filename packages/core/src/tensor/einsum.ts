import { CoreError } from '../core-error.ts';
import { counting } from './make.ts';
import { matmul } from './matmul.ts';
import { permute, reshape } from './movement.ts';
import { shapeText, sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** A tensor whose axes have names of one letter. */
interface Labelled {
  readonly tensor: Tensor;
  readonly labels: string;
}

/**
 * Sums of products by Einstein's convention: `einsum('bij,bjk->bik', a, b)`. Letters that the result does not have are summed
 * over; without `->` it has those that occur once, in alphabetical order. Pairs go through matmul, from the left.
 *
 * @throws TRS_CORE_EINSUM when the letters do not fit the operands
 */
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
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
    summed.tensor,
    [...output].map((label) => summed.labels.indexOf(label)),
  );
}

function parse(equation: string, operands: readonly Tensor[]): { inputs: Labelled[]; output: string } {
  const [left = '', right] = equation.replaceAll(' ', '').split('->');
  const names = left.split(',');
  if (!/^[a-zA-Z,]*(->[a-zA-Z]*)?$/.test(equation.replaceAll(' ', '')) || names.length !== operands.length) {
    throw mismatch(equation, operands, `it describes ${names.length} operands`);
  }
  const lengths = new Map<string, number>();
  const inputs = operands.map((tensor, index) => {
    const labels = names[index] ?? '';
    if (labels.length !== tensor.rank)
      throw mismatch(equation, operands, `"${labels}" is not of rank ${tensor.rank}`);
    for (const [axis, label] of [...labels].entries()) {
      const length = tensor.shape[axis] ?? 1;
      if ((lengths.get(label) ?? length) !== length)
        throw mismatch(equation, operands, `"${label}" has two lengths`);
      lengths.set(label, length);
    }
    return { tensor, labels };
  });
  const all = [...left.replaceAll(',', '')];
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label)).sort();
  const output = right ?? once.join('');
  const isKnown = [...output].every((label, at) => lengths.has(label) && output.indexOf(label) === at);
  if (!isKnown)
    throw mismatch(equation, operands, `"${output}" repeats a letter, or has one that no operand has`);
  return { inputs, output };
}

function mismatch(equation: string, operands: readonly Tensor[], what: string): CoreError {
  return new CoreError(
    'EINSUM',
    `einsum: "${equation}" does not fit ${operands.map(({ shape }) => shapeText(shape)).join(', ')}: ${what}.`,
    'One letter per axis, one group of letters per operand: "bij,bjk->bik".',
  );
}

/** A letter that occurs twice in one operand names its diagonal. */
function takeDiagonals({ tensor, labels }: Labelled): Labelled {
  const second = [...labels].findIndex((label, at) => labels.indexOf(label) !== at);
  if (second === -1) return { tensor, labels };
  const first = labels.indexOf(labels[second] ?? '');
  const place = (axis: number): Tensor => counting(tensor.shape[axis] ?? 1, axis, tensor.rank, tensor.device);
  const diagonal = tensor.mul(place(first).equal(place(second))).sum(second);
  return takeDiagonals({ tensor: diagonal, labels: labels.slice(0, second) + labels.slice(second + 1) });
}

/** Sums over the axes that are not wanted any more. */
function sumOut({ tensor, labels }: Labelled, wanted: string): Labelled {
  const axes = [...labels].flatMap((label, axis) => (wanted.includes(label) ? [] : [axis]));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: tensor.sum(axes), labels: [...labels].filter((label) => wanted.includes(label)).join('') };
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
  const lengths = ({ tensor, labels }: Labelled, list: readonly string[]): number[] =>
    list.map((label) => tensor.shape[labels.indexOf(label)] ?? 1);
  const arrange = (one: Labelled, ...groups: readonly (readonly string[])[]): Tensor =>
    reshape(
      permute(
        one.tensor,
        groups.flat().map((label) => one.labels.indexOf(label)),
      ),
      groups.map((group) => sizeOf(lengths(one, group))),
    );
  const product = matmul(arrange(a, batch, rows, inner), arrange(b, batch, inner, columns));
  const shape = [...lengths(a, batch), ...lengths(a, rows), ...lengths(b, columns)];
  return { tensor: reshape(product, shape), labels: [...batch, ...rows, ...columns].join('') };
}
