import type { OnnxGraph, OnnxModel, OnnxNode, ValueData, ValueInfo } from '@trestle/onnx';
import type { Feature } from './metadata.ts';
import { ModelError } from './model-error.ts';

/** Whether rows lie on the first axis of all inputs, so that many are computed at once. */
export const isBatched = (inputs: readonly ValueInfo[]): boolean =>
  inputs.every(({ dims, isRankless }) => isRankless === true || typeof dims[0] === 'string');

/** Operators that say what becomes of a number that is not there. */
const TAKE_MISSING = /^(Imputer|TreeEnsemble|TreeEnsembleClassifier|TreeEnsembleRegressor|IsNaN)$/;

/**
 * A foreign model's inputs as features of rows: a number, truth or text where a row holds one of it, else a tensor of what is behind
 * the axis of rows. Numbers may be missing where an operator of the graph says what becomes of NaN.
 */
export function foreignFeatures({ graph }: OnnxModel): Feature[] {
  const takesMissing = hasNode(graph, ({ operator }) => TAKE_MISSING.test(operator));
  const batched = isBatched(graph.inputs);
  return graph.inputs.map(({ name, type, dims, isRankless }) => {
    const nullable = takesMissing && /^(b?float)/.test(type);
    const own = isRankless === true ? [] : batched ? dims.slice(1) : dims;
    if (own.some((length) => length !== 1))
      return { name, type: 'tensor', nullable, tensor: { type, dims: [...own] } };
    return { name, type: type === 'string' ? 'category' : type === 'bool' ? 'boolean' : 'number', nullable };
  });
}

function hasNode(graph: OnnxGraph, is: (node: OnnxNode) => boolean): boolean {
  return graph.nodes.some(
    (node) =>
      is(node) ||
      Object.values(node.attributes).some((one) => one.kind === 'graph' && hasNode(one.value, is)),
  );
}

/** The dimensions of a column of so many rows, as the input declares it. */
export function columnDims(input: ValueInfo | undefined, rows: number): readonly number[] {
  if (!input || input.isRankless === true) return [rows, 1];
  return input.dims.map((_, axis) => (axis === 0 ? rows : 1));
}

/**
 * What a graph gives for rows as a prediction of each: an output's part of the row, as a value or a list in row-major order.
 *
 * @throws TRS_MODEL_ANSWER_SHAPE where an output is not of one part a row
 */
export function plainOutputs(
  outputs: Readonly<Record<string, ValueData>>,
  rows: number,
): Readonly<Record<string, unknown>>[] {
  for (const [name, output] of Object.entries(outputs)) {
    const found = output.data ? output.dims[0] : 'items' in output ? output.items.length : rows;
    if (rows > 1 && found !== rows)
      throw new ModelError(
        'ANSWER_SHAPE',
        `The output "${name}" has ${found ?? 'no axis'} for ${rows} rows.`,
        'The model does not compute rows apart: ask it one row at a time.',
        { output: name, rows },
      );
  }
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      Object.entries(outputs).map(([name, output]) => {
        if (!output.data)
          return [name, 'items' in output ? plainValue(output.items[row]) : plainValue(output)];
        const width = Math.floor(output.data.length / rows);
        const part = Array.from<Element, Element>(
          output.data.slice(row * width, (row + 1) * width),
          plainElement,
        );
        return [name, part.length === 1 ? part[0] : part];
      }),
    ),
  );
}

type Element = string | number | bigint;

/** JSON has no 64-bit integers: those that a double does not hold stay as they are. */
const plainElement = (value: Element): Element =>
  typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;

/** A list, a table or a tensor of a row, as JSON has it. */
function plainValue(value: ValueData | undefined): unknown {
  if (!value) return null;
  if ('entries' in value)
    return Object.fromEntries(Array.from(value.entries, ([key, one]) => [String(key), plainElement(one)]));
  if ('items' in value) return value.items.map(plainValue);
  const list = Array.from<Element, Element>(value.data, plainElement);
  return value.dims.length === 0 ? list[0] : list;
}
