import type { DType } from '../../graph/dtype.ts';
import { shapeText, sizeOf } from '../../graph/shape.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { readOf, resources, useInput } from './emitter.ts';
import { type BufferUse, type Program, program, type Shader, storageType } from './program.ts';
import { linear, shaderOf, zeroOf } from './source.ts';

type ScatterAdd = Extract<Kernel, { kind: 'scatterAdd' }>;

const WORKGROUP = 64;
/** Up to so many comparisons, each element of the output may look through all the indices itself. */
const FEW_COMPARISONS = 2 ** 22;
/** Up to so many indices, comparing each with each is cheap beside the order of the sum that it buys. */
const MAX_CHAINED = 2 ** 15;

/**
 * Rows added up at their indices. WGSL has no atomic addition of floats, and atomics would add in another order each time.
 * So rows with the same index are chained in order, and the first of each chain adds them all. Only where there are too many
 * indices for that, floats are added by compare and exchange.
 */
export function scatterAddProgram(kernel: ScatterAdd, inputTypes: readonly DType[]): Program {
  const comparisons = sizeOf(kernel.shape) * kernel.count;
  if (comparisons <= FEW_COMPARISONS) return searching(kernel, inputTypes);
  return kernel.count <= MAX_CHAINED ? chaining(kernel, inputTypes) : exchanging(kernel, inputTypes);
}

const labelOf = (kernel: ScatterAdd): string =>
  `scatter-add ${kernel.count} rows into ${shapeText(kernel.shape)}`;
const indicesOf = (inputTypes: readonly DType[]): number => (inputTypes.length === 1 ? 0 : 1);

function searching(kernel: ScatterAdd, inputTypes: readonly DType[]): Program {
  const { length, inner, count, dtype } = kernel;
  const own = resources(inputTypes);
  const rows = useInput(own, 0);
  const { grid, head } = linear(sizeOf(kernel.shape), WORKGROUP);
  return program([
    shaderOf({
      label: labelOf(kernel),
      resources: own,
      target: { kind: 'output' },
      targetType: dtype,
      workgroup: [WORKGROUP, 1],
      grid,
      body: `${head}  let x = index % ${inner}u;
  let row = i32((index / ${inner}u) % ${length}u);
  let outer = index / ${inner * length}u;
  var sum = ${zeroOf(dtype)};
  for (var at = 0u; at < ${count}u; at++) {
    if (${readOf(own, indicesOf(inputTypes), 'at')} == row) { sum += ${rows}[(outer * ${count}u + at) * ${inner}u + x]; }
  }
  output[index] = sum;`,
    }),
  ]);
}

/** A word per index: where the next equal one is (or `count`), and whether it is the first, as the highest bit. */
const FIRST = 0x8000_0000;
const CHAIN: BufferUse = { kind: 'scratch', scratch: 0 };

function chaining(kernel: ScatterAdd, inputTypes: readonly DType[]): Program {
  const { length, count, outer, inner, dtype } = kernel;
  const indices = indicesOf(inputTypes);
  const finding = resources(inputTypes);
  const over = linear(count, WORKGROUP);
  const find: Shader = shaderOf({
    label: `chain ${count} indices`,
    resources: finding,
    target: CHAIN,
    // Words.
    targetType: 'bool',
    workgroup: [WORKGROUP, 1],
    grid: over.grid,
    body: `${over.head}  let own = ${readOf(finding, indices, 'index')};
  var first = ${FIRST}u;
  for (var at = 0u; at < index; at++) {
    if (${readOf(finding, indices, 'at')} == own) { first = 0u; break; }
  }
  if (own < 0 || own >= ${length}) { first = 0u; }
  var next = index + 1u;
  while (next < ${count}u && ${readOf(finding, indices, 'next')} != own) { next++; }
  output[index] = next | first;`,
  });
  const own = resources(inputTypes);
  const rows = useInput(own, 0);
  const { grid, head } = linear(outer * count * inner, WORKGROUP);
  const add: Shader = shaderOf({
    label: labelOf(kernel),
    resources: own,
    target: { kind: 'output' },
    targetType: dtype,
    extra: [{ use: CHAIN, declaration: 'var<storage, read> chain: array<u32>;' }],
    workgroup: [WORKGROUP, 1],
    grid,
    body: `${head}  let x = index % ${inner}u;
  let at = (index / ${inner}u) % ${count}u;
  let outer = index / ${inner * count}u;
  let link = chain[at];
  if (link < ${FIRST}u) { return; }
  let begin = outer * ${count}u;
  var sum = ${rows}[(begin + at) * ${inner}u + x];
  for (var next = link & ${FIRST - 1}u; next < ${count}u; next = chain[next]) {
    sum += ${rows}[(begin + next) * ${inner}u + x];
  }
  output[(outer * ${length}u + u32(${readOf(own, indices, 'at')})) * ${inner}u + x] = sum;`,
  });
  return { ...program([find, add], [count]), startsFromZeros: true };
}

function exchanging(kernel: ScatterAdd, inputTypes: readonly DType[]): Program {
  const { length, count, outer, inner, dtype } = kernel;
  const own = resources(inputTypes);
  const value = `${useInput(own, 0)}[index]`;
  const { grid, head } = linear(outer * count * inner, WORKGROUP);
  const add =
    dtype === 'float32'
      ? `var before = atomicLoad(&output[place]);
  loop {
    let sum = bitcast<u32>(bitcast<f32>(before) + ${value});
    let exchange = atomicCompareExchangeWeak(&output[place], before, sum);
    if (exchange.exchanged) { break; }
    before = exchange.old_value;
  }`
      : `atomicAdd(&output[place], ${value});`;
  const shader = shaderOf({
    label: labelOf(kernel),
    resources: own,
    target: { kind: 'output' },
    targetType: dtype,
    targetCode: `atomic<${dtype === 'float32' ? 'u32' : storageType(dtype)}>`,
    workgroup: [WORKGROUP, 1],
    grid,
    body: `${head}  let x = index % ${inner}u;
  let row = ${readOf(own, indicesOf(inputTypes), `(index / ${inner}u) % ${count}u`)};
  if (row < 0 || row >= ${length}) { return; }
  let place = ((index / ${inner * count}u) * ${length}u + u32(row)) * ${inner}u + x;
  ${add}`,
  });
  return { ...program([shader]), startsFromZeros: true };
}
