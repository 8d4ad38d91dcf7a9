import { type Tree, treeLeaves, withLeaves } from '../grad/tree.ts';
import { type Node, operationName, type Primitive, placeholderNode } from '../graph/node.ts';
import { shapeText } from '../graph/shape.ts';
import { tracing } from '../graph/tracing.ts';
import { fusedFunctions, kernelText } from '../schedule/kernel-text.ts';
import { type MemoryOfPlan, memoryOf, slotBytes } from '../schedule/memory-use.ts';
import type { Plan } from '../schedule/plan.ts';
import { schedule } from '../schedule/schedule.ts';
import { Tensor } from '../tensor/tensor.ts';
import { withKeyTensors } from './key-tensors.ts';

/**
 * What becomes of a function for arguments of these shapes, as text for a terminal: the graph of its operations, the kernels
 * they are fused into, and the memory that takes. Nothing is computed.
 *
 * @example console.log(explain(step, parameters, x));
 * @throws as `jit` does
 */
export function explain<Args extends readonly Tree[]>(fn: (...args: Args) => Tree, ...args: Args): string {
  const inputs = withKeyTensors(args);
  const parameters = treeLeaves(inputs).map((leaf) => placeholderNode(leaf.shape, leaf.dtype, leaf.device));
  const value = tracing(() =>
    fn(
      ...withLeaves(
        inputs,
        parameters.map((node) => new Tensor(node)),
      ),
    ),
  );
  const roots = treeLeaves(value).map(({ node }) => node);
  if (roots.length === 0) return 'Nothing to compute: the function returns no tensor.\n';
  const plan = schedule(roots, { parameters });
  return [
    ...graphLines(roots, parameters),
    '',
    ...kernelLines(plan),
    '',
    ...memoryLines(memoryOf(plan)),
    '',
  ].join('\n');
}

/** Every node that the roots are made from, operands first. Iterative: chains may be longer than the call stack. */
function inOrder(roots: readonly Node[]): Node[] {
  const order = new Set<Node>();
  const stack = roots.map((node) => ({ node, isOpen: false })).reverse();
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (order.has(top.node)) continue;
    if (top.isOpen) {
      order.add(top.node);
      continue;
    }
    stack.push({ node: top.node, isOpen: true });
    for (const node of [...top.node.inputs].reverse()) stack.push({ node, isOpen: false });
  }
  return [...order];
}

/** A constant, stretched or not, is written where it is used. */
function constantOf({ primitive, inputs }: Node): number | undefined {
  if (primitive.kind === 'constant') return primitive.value;
  return primitive.kind === 'expand' && inputs[0] ? constantOf(inputs[0]) : undefined;
}

/** What there is to know of an operation besides its operands and shape. */
function settings(primitive: Primitive): string[] {
  switch (primitive.kind) {
    case 'reduce':
    case 'flip':
      return [`axes ${shapeText(primitive.axes)}`];
    case 'permute':
      return [`axes ${shapeText(primitive.permutation)}`];
    case 'slice':
      return [`from ${shapeText(primitive.starts)}`, `steps ${shapeText(primitive.steps)}`];
    case 'gather':
    case 'scatterAdd':
      return [`axis ${primitive.axis}`];
    case 'windows':
      return [`axes ${shapeText(primitive.axes)}`, `sizes ${shapeText(primitive.sizes)}`];
    default:
      return [];
  }
}

function graphLines(roots: readonly Node[], parameters: readonly Node[]): string[] {
  const nodes = [...parameters, ...inOrder(roots).filter((node) => !parameters.includes(node))].filter(
    (node) => constantOf(node) === undefined || roots.includes(node),
  );
  const names = new Map(nodes.map((node, index) => [node, `%${index}`]));
  const what = (node: Node): string => {
    if (parameters.includes(node)) return 'argument';
    if (node.primitive.kind === 'data') return 'value from around the function';
    const operands = node.inputs.map((input) => names.get(input) ?? String(constantOf(input)));
    return `${operationName(node.primitive)}(${[...operands, ...settings(node.primitive)].join(', ')})`;
  };
  const rows = nodes.map((node) => [
    names.get(node) ?? '',
    `${node.dtype}${shapeText(node.shape)}`,
    `${what(node)}${roots.includes(node) ? '  -> result' : ''}`,
  ]);
  const count = nodes.filter((node) => node.inputs.length > 0).length;
  return [`Graph: ${counted(count, 'operation')}`, ...table(rows)];
}

function kernelLines({ device, steps, slots, parameters }: Plan): string[] {
  const name = (slot: number): string => (slot < parameters ? `arg${slot}` : `b${slot}`);
  const rows = steps.map(({ kernel, inputs, output, releases, into }, index) => {
    const functions = fusedFunctions(kernel);
    const size = bytesText(slotBytes(slots[output], device));
    const freed = releases.filter((slot) => slot !== into).map(name);
    const memory = [
      into === undefined ? size : `${size} in place of ${name(into)}`,
      ...(freed.length > 0 ? [`frees ${freed.join(' ')}`] : []),
    ];
    return [
      String(index + 1),
      `${name(output)} = ${kernelText(kernel)}`,
      functions.length > 0 ? `computes ${functions.join(', ')}` : '',
      inputs.length > 0 ? `reads ${inputs.map(name).join(' ')}` : '',
      memory.join(', '),
    ];
  });
  return [`Kernels: ${steps.length}`, ...table(rows)];
}

function memoryLines({ given, results, intermediates, withoutReuse, peak }: MemoryOfPlan): string[] {
  return [
    `Memory: ${bytesText(peak)} at the most`,
    ...table([
      ['arguments and values from around', bytesText(given)],
      ['results', bytesText(results)],
      ['intermediates at one time', `${bytesText(intermediates)} (${bytesText(withoutReuse)} without reuse)`],
    ]),
  ];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function bytesText(bytes: number): string {
  const [unit = 'B', power = 0] =
    ([['GB', 3] as const, ['MB', 2] as const, ['KB', 1] as const] as const).find(
      ([, exponent]) => bytes >= 1_000 ** exponent,
    ) ?? [];
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${unit}`;
}

/** Columns as wide as their widest cell, indented. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
}
