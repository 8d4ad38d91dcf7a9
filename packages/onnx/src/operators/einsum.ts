import type { OnnxError } from '../onnx-error.ts';
import { broadcastDims, stridesOf } from '../tensor/places.ts';
import { checkSize, doublesOf, fit, fromNumbers, isBig, make, newData, sizeOf } from '../tensor/tensor.ts';
import { required, string } from './attributes.ts';
import { op, type Versions } from './definition.ts';

type Fail = (reason: string) => OnnxError;

interface Equation {
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** The labels of an equation; the axes that "..." stands for are called '.0', '.1', … from the left. */
function parse(text: string, ranks: readonly number[], fail: Fail): Equation {
  const [left = '', right] = text.replace(/\s/g, '').split('->');
  const terms = left.split(',');
  if (terms.length !== ranks.length)
    throw fail(`"${text}" has ${terms.length} terms, and it has ${ranks.length} inputs`);
  const hidden = terms.map((term, at) => (term.includes('...') ? (ranks[at] ?? 0) - (term.length - 3) : 0));
  const most = Math.max(0, ...hidden);
  const labels = (term: string, count: number): string[] => {
    if (!/^[A-Za-z]*(\.\.\.)?[A-Za-z]*$/.test(term)) throw fail(`"${text}" is no equation`);
    const dots = Array.from({ length: count }, (_, i) => `.${most - count + i}`);
    return term
      .split(/(\.\.\.|[A-Za-z])/)
      .flatMap((part) => (part === '' ? [] : part === '...' ? dots : [part]));
  };
  const inputs = terms.map((term, at) => labels(term, hidden[at] ?? 0));
  for (const [at, own] of inputs.entries())
    if (own.length !== ranks[at])
      throw fail(`"${terms[at]}" does not name the ${ranks[at]} axes of its input ${at}`);
  if (right !== undefined) return { inputs, output: labels(right, right.includes('...') ? most : 0) };
  // Without an arrow: the hidden axes, then the labels that stand once, in the order of the alphabet.
  const counts = new Map<string, number>();
  for (const label of inputs.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  const once = [...counts]
    .filter(([label, count]) => count === 1 && !label.startsWith('.'))
    .map(([label]) => label);
  return { inputs, output: [...Array.from({ length: most }, (_, i) => `.${i}`), ...once.sort()] };
}

export const Einsum: Versions = {
  12: op(
    'T:number* -> T',
    { equation: required(string()) },
    (inputs, { equation }, call) => {
      const parsed = parse(
        equation,
        inputs.map((x) => x.dims.length),
        call.fail,
      );
      const lengths = new Map<string, number>();
      for (const [at, labels] of parsed.inputs.entries())
        for (const [axis, label] of labels.entries()) {
          const length = inputs[at]?.dims[axis] ?? 1;
          const known = lengths.get(label);
          const [merged = length] = known === undefined ? [length] : broadcastDims([known], [length]);
          lengths.set(label, merged);
        }
      if (
        parsed.output.some((label) => !lengths.has(label)) ||
        new Set(parsed.output).size !== parsed.output.length
      )
        throw call.fail(`"${equation}" makes labels that its inputs do not have, or one twice`);
      const summed = [...lengths.keys()].filter((label) => !parsed.output.includes(label));
      const dims = parsed.output.map((label) => lengths.get(label) ?? 1);
      const inner = summed.map((label) => lengths.get(label) ?? 1);
      const [size, terms] = [checkSize(dims), sizeOf(inner)];
      const labels = [...parsed.output, ...summed];
      const all = [...dims, ...inner];
      // How far each input moves when a label moves by one; an axis of 1 does not move.
      const moves = inputs.map((x, at) => {
        const strides = stridesOf(x.dims);
        return labels.map((label) =>
          (parsed.inputs[at] ?? []).reduce(
            (sum, own, axis) => sum + (own === label && x.dims[axis] !== 1 ? (strides[axis] ?? 0) : 0),
            0,
          ),
        );
      });
      const [first] = inputs;
      if (!first) throw call.fail('it has no inputs');
      const counter = new Array<number>(labels.length).fill(0);
      const at = inputs.map(() => 0);
      const step = (): void => {
        for (let axis = labels.length - 1; axis >= 0; axis--) {
          const next = (counter[axis] ?? 0) + 1;
          const isOver = next === all[axis];
          counter[axis] = isOver ? 0 : next;
          for (let i = 0; i < at.length; i++)
            at[i] = (at[i] ?? 0) + (moves[i]?.[axis] ?? 0) * (isOver ? 1 - next : 1);
          if (!isOver) return;
        }
      };
      if (isBig(first.data)) {
        const out = newData(first.type as 'int64', size);
        for (let i = 0; i < size; i++) {
          let sum = 0n;
          for (let k = 0; k < terms; k++, step())
            sum += inputs.reduce((product, x, j) => product * BigInt(x.data[at[j] ?? 0] ?? 0), 1n);
          out[i] = sum;
        }
        return make(first.type, dims, out);
      }
      const data = inputs.map(doublesOf);
      const out = new Float64Array(size);
      for (let i = 0; i < size; i++) {
        let sum = 0;
        for (let k = 0; k < terms; k++, step()) {
          let product = 1;
          for (let j = 0; j < data.length; j++) product *= data[j]?.[at[j] ?? 0] ?? 0;
          sum += product;
        }
        out[i] = sum;
      }
      return fromNumbers(first.type, dims, fit('float64', out));
    },
    { refuse: (_, count) => (count === 0 ? 'it has no inputs' : undefined) },
  ),
};

/** The determinant by elimination with the largest pivot. */
export const Det: Versions = {
  11: op('T:float -> T', {}, ([x], _, call) => {
    const [rows, columns] = x.dims.slice(-2);
    if (x.dims.length < 2 || rows === undefined || rows !== columns)
      throw call.fail(`[${x.dims}] are no square matrices`);
    const data = doublesOf(x);
    const out = new Float64Array(sizeOf(x.dims.slice(0, -2)));
    for (let at = 0; at < out.length; at++) {
      const m = Float64Array.from(data.subarray(at * rows * rows, (at + 1) * rows * rows));
      const value = (row: number, column: number): number => m[row * rows + column] ?? 0;
      let det = 1;
      for (let column = 0; column < rows; column++) {
        let pivot = column;
        for (let row = column + 1; row < rows; row++)
          if (Math.abs(value(row, column)) > Math.abs(value(pivot, column))) pivot = row;
        if (pivot !== column) {
          det = -det;
          for (let k = 0; k < rows; k++)
            [m[pivot * rows + k], m[column * rows + k]] = [value(column, k), value(pivot, k)];
        }
        det *= value(column, column);
        if (det === 0) break;
        for (let row = column + 1; row < rows; row++) {
          const factor = value(row, column) / value(column, column);
          for (let k = column; k < rows; k++) m[row * rows + k] = value(row, k) - factor * value(column, k);
        }
      }
      out[at] = det;
    }
    return fromNumbers(x.type, x.dims.slice(0, -2), out);
  }),
};
