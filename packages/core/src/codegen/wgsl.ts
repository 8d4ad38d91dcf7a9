import type { DType } from '../graph/dtype.ts';
import type { Expression, Kernel } from '../schedule/kernel.ts';
import type { View } from '../schedule/view.ts';
import { sizeOf } from '../tensor/shape.ts';

/** A kernel as WGSL: one shader, and how many invocations it takes. */
export interface Shader {
  readonly source: string;
  readonly invocations: number;
}

export const WORKGROUP = 64;
/** WebGPU guarantees 65,535 workgroups per dimension; larger grids fold into the second one. */
export const MAX_WORKGROUPS = 65_535;

/** Booleans are words in storage: WGSL has no smaller type that a buffer may hold. */
const storageType = (dtype: DType): string =>
  dtype === 'float32' ? 'f32' : dtype === 'int32' ? 'i32' : 'u32';

/**
 * Writes the shaders of a kernel, to be run one behind the other. `inputTypes` are the element types of its buffers.
 *
 * @throws RangeError for a kernel without elements, which needs no shader
 */
export function wgslOf(kernel: Kernel, inputTypes: readonly DType[]): readonly Shader[] {
  const size = sizeOf(kernel.shape);
  switch (kernel.kind) {
    case 'elementwise':
      return [
        shader(kernel.dtype, inputTypes, size, `output[index] = ${expression(kernel.expression, 'index')};`),
      ];
    case 'reduce': {
      const start = kernel.fn === 'sum' ? zero(kernel.dtype) : lowest(kernel.dtype);
      const value = expression(kernel.expression, 'element');
      const fold = kernel.fn === 'sum' ? `folded + ${value}` : `max(folded, ${value})`;
      const body = `var folded = ${start};
  for (var inner = 0u; inner < ${kernel.inner}u; inner++) {
    let element = index * ${kernel.inner}u + inner;
    folded = ${fold};
  }
  output[index] = folded;`;
      return [shader(kernel.dtype, inputTypes, size, body)];
    }
    case 'matmul': {
      const { m, k, n } = kernel;
      const b = inputTypes.length === 1 ? 0 : 1;
      const body = `let column = index % ${n}u;
  let row = (index / ${n}u) % ${m}u;
  let batch = index / ${m * n}u;
  var sum = 0.0;
  for (var i = 0u; i < ${k}u; i++) {
    sum += input0[${place3(kernel.a, 'batch', 'row', 'i')}] * input${b}[${place3(kernel.b, 'batch', 'i', 'column')}];
  }
  output[index] = sum;`;
      return [shader(kernel.dtype, inputTypes, size, body)];
    }
    case 'rows':
      throw new RangeError('WGSL has no kernels over rows: the device does not list that ability.');
    case 'assemble':
      return kernel.pieces.map((piece) => {
        const target: View = { shape: piece.view.shape, strides: piece.strides, offset: piece.offset };
        const body = `output[${place(target, 'index')}] = input${piece.input}[${place(piece.view, 'index')}];`;
        return shader(kernel.dtype, inputTypes, sizeOf(piece.view.shape), body);
      });
    case 'gather': {
      const { length, inner, count } = kernel;
      const indices = inputTypes.length === 1 ? 0 : 1;
      const body = `let x = index % ${inner}u;
  let at = (index / ${inner}u) % ${count}u;
  let outer = index / ${inner * count}u;
  let row = input${indices}[at];
  if (row >= 0 && row < ${length}) {
    output[index] = input0[(outer * ${length}u + u32(row)) * ${inner}u + x];
  }`;
      return [shader(kernel.dtype, inputTypes, size, body)];
    }
    case 'argsort': {
      // Each element counts what comes before it, which is its place: no exchange between invocations is needed.
      const { length, isDescending } = kernel;
      const isFloat = inputTypes[0] === 'float32';
      const notANumber = (x: string): string =>
        isFloat ? `((bitcast<u32>(${x}) & 0x7fffffffu) > 0x7f800000u)` : 'false';
      const body = `let at = index % ${length}u;
  let row = index - at;
  let mine = input0[index];
  let isLast = ${notANumber('mine')};
  var before = 0u;
  for (var other = 0u; other < ${length}u; other++) {
    let value = input0[row + other];
    let isOtherLast = ${notANumber('value')};
    let comes = select(value ${isDescending ? '>' : '<'} mine, isLast, isLast || isOtherLast) && !isOtherLast;
    let isSame = select(value == mine, isLast == isOtherLast, isLast || isOtherLast);
    if (comes || (isSame && other < at)) { before++; }
  }
  output[row + before] = i32(at);`;
      return [shader(kernel.dtype, inputTypes, size, body)];
    }
    case 'scatterAdd': {
      // Each output element looks for its rows: WGSL has no atomic addition of floats.
      const { length, inner, count } = kernel;
      const indices = inputTypes.length === 1 ? 0 : 1;
      const body = `let x = index % ${inner}u;
  let row = i32((index / ${inner}u) % ${length}u);
  let outer = index / ${inner * length}u;
  var sum = ${zero(kernel.dtype)};
  for (var at = 0u; at < ${count}u; at++) {
    if (input${indices}[at] == row) { sum += input0[(outer * ${count}u + at) * ${inner}u + x]; }
  }
  output[index] = sum;`;
      return [shader(kernel.dtype, inputTypes, size, body)];
    }
  }
}

function shader(dtype: DType, inputTypes: readonly DType[], invocations: number, body: string): Shader {
  const buffers = inputTypes.map(
    (type, index) =>
      `@group(0) @binding(${index}) var<storage, read> input${index}: array<${storageType(type)}>;`,
  );
  const source = `${buffers.join('\n')}
@group(0) @binding(${inputTypes.length}) var<storage, read_write> output: array<${storageType(dtype)}>;

@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = id.x + id.y * ${WORKGROUP * MAX_WORKGROUPS}u;
  if (index >= ${invocations}u) { return; }
  ${body}
}
`;
  return { source, invocations };
}

const zero = (dtype: DType): string => (dtype === 'float32' ? '0.0' : dtype === 'int32' ? '0' : '0u');
const lowest = (dtype: DType): string =>
  dtype === 'float32' ? '-3.4028234663852886e38f' : dtype === 'int32' ? 'i32(-2147483647 - 1)' : '0u';

/** Strides may be negative; arithmetic on words wraps around. */
const word = (stride: number): number => stride >>> 0;

/** The place in a buffer of the element that a row-major index names. */
function place(view: View, index: string): string {
  const terms: string[] = view.offset === 0 ? [] : [`${view.offset}u`];
  let below = 1;
  for (let axis = view.shape.length - 1; axis >= 0; axis--) {
    const length = view.shape[axis] ?? 1;
    const stride = view.strides[axis] ?? 0;
    if (length > 1 && stride !== 0) {
      const shifted = below === 1 ? index : `${index} / ${below}u`;
      const wrapped = axis === 0 ? `(${shifted})` : `((${shifted}) % ${length}u)`;
      terms.push(stride === 1 ? wrapped : `${wrapped} * ${word(stride)}u`);
    }
    below *= length;
  }
  return terms.length === 0 ? '0u' : terms.join(' + ');
}

function place3(view: View, ...indices: readonly [string, string, string]): string {
  const terms = indices.map((name, axis) => `${name} * ${word(view.strides[axis] ?? 0)}u`);
  return `${view.offset}u + ${terms.join(' + ')}`;
}

function constant(value: number, dtype: DType): string {
  if (dtype === 'bool') return value === 0 ? '0u' : '1u';
  if (dtype === 'int32') return value < 0 ? `i32(${Math.trunc(value)})` : `${Math.trunc(value)}`;
  if (Number.isFinite(value) && Math.abs(value) <= 3.4028234663852886e38) return `f32(${Math.fround(value)})`;
  // Literals must be finite; the bits of a constant must not be foldable to NaN either, hence the runtime zero.
  const bits = Number.isNaN(value) ? '0x7fc00000u' : value > 0 ? '0x7f800000u' : '0xff800000u';
  return `bitcast<f32>(${bits} + id.z)`;
}

function expression(node: Expression, index: string): string {
  switch (node.kind) {
    case 'load':
      return `input${node.input}[${place(node.view, index)}]`;
    case 'constant':
      return constant(node.value, node.dtype);
    case 'iota':
      return `${storageType(node.dtype)}(${place(node.view, index)})`;
    case 'accumulator':
    case 'stage':
      throw new RangeError(`WGSL kernels have no ${node.kind}: the device does not list that ability.`);
    case 'apply':
      return apply(
        node,
        node.operands.map((operand) => expression(operand, index)),
      );
  }
}

const INFIX: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/' };
const COMPARISON: Readonly<Record<string, string>> = {
  equal: '==',
  notEqual: '!=',
  less: '<',
  lessEqual: '<=',
};
const NAMES: Readonly<Record<string, string>> = { maximum: 'max', minimum: 'min' };

function apply(
  node: Extract<Expression, { kind: 'apply' }>,
  [a = '', b = '', c = '']: readonly string[],
): string {
  const { fn, dtype } = node;
  if (INFIX[fn]) return `(${a} ${INFIX[fn]} ${b})`;
  if (COMPARISON[fn]) return `select(0u, 1u, ${a} ${COMPARISON[fn]} ${b})`;
  switch (fn) {
    case 'neg':
      return `(-${a})`;
    case 'not':
      return `select(0u, 1u, ${a} == ${zero(node.operands[0]?.dtype ?? dtype)})`;
    case 'isNaN':
      // On the bits: compilers may assume that there are no NaNs.
      return `select(0u, 1u, (bitcast<u32>(${a}) & 0x7fffffffu) > 0x7f800000u)`;
    case 'shiftRight':
      return `i32(u32(${a}) >> u32(${b}))`;
    case 'randomBits':
      return `randomBits(${a}, ${b}, ${c})`;
    case 'where':
      return `select(${c}, ${b}, ${a} != 0u)`;
    case 'cast':
      return dtype === 'bool'
        ? `select(0u, 1u, ${a} != ${zero(node.operands[0]?.dtype ?? 'float32')})`
        : `${storageType(dtype)}(${a})`;
    case 'floor':
      return dtype === 'float32' ? `floor(${a})` : a;
    case 'tanh':
      // Some drivers overflow inside tanh for large arguments; it is ±1 in float32 from 9.02 on.
      return `tanh(clamp(${a}, -15.0, 15.0))`;
    case 'pow':
      // WGSL's pow is not defined for negative bases; the sign is put back for whole exponents.
      return `signedPow(${a}, ${b})`;
    default:
      return `${NAMES[fn] ?? fn}(${[a, b].filter((operand) => operand !== '').join(', ')})`;
  }
}

/** What expressions may call. */
export const WGSL_PRELUDE = `fn signedPow(base: f32, exponent: f32) -> f32 {
  if (exponent == 0.0) { return 1.0; }
  let size = pow(abs(base), exponent);
  let isOdd = abs(exponent % 2.0) == 1.0;
  return select(size, -size, base < 0.0 && isOdd);
}

fn randomBits(key0: i32, key1: i32, index: i32) -> i32 {
  let rotations = array<u32, 8>(13u, 15u, 26u, 6u, 17u, 29u, 16u, 24u);
  let keys = array<u32, 3>(u32(key0), u32(key1), 0x1bd11bdau ^ u32(key0) ^ u32(key1));
  var x0 = keys[0];
  var x1 = (u32(index) >> 1u) + keys[1];
  for (var round = 0u; round < 20u; round++) {
    let rotation = rotations[round % 8u];
    x0 += x1;
    x1 = ((x1 << rotation) | (x1 >> (32u - rotation))) ^ x0;
    if (round % 4u == 3u) {
      let turn = (round + 1u) / 4u;
      x0 += keys[turn % 3u];
      x1 += keys[(turn + 1u) % 3u] + turn;
    }
  }
  return i32(select(x1, x0, (index & 1) == 0));
}
`;
