import type { DType } from '../../graph/dtype.ts';
import type { ElementwiseFunction } from '../../graph/elementwise.ts';
import { halvesPrelude } from './halves.ts';
import { mathPrelude } from './math.ts';
import { vectorType } from './program.ts';

const INFIX: Readonly<Record<string, string>> = { add: '+', sub: '-', mul: '*', div: '/' };
const COMPARISON: Readonly<Record<string, string>> = {
  equal: '==',
  less: '<',
  lessEqual: '<=',
};

/** The call of an element-wise function on `width` elements at once. Booleans are 0 and 1. */
export function callOf(
  fn: ElementwiseFunction,
  dtype: DType,
  operandType: DType,
  [a = '', b = '', c = '']: readonly string[],
  width: 1 | 4,
): string {
  const type = vectorType(dtype, width);
  const words = vectorType('bool', width);
  const truth = (condition: string): string => `select(${words}(0u), ${words}(1u), ${condition})`;
  // Not `!=`, which is false for NaN on some adapters.
  const differs = (x: string, y: string): string => `!(${x} == ${y})`;
  const isNotZero = (value: string, of: DType): string => differs(value, `${vectorType(of, width)}(0)`);
  if (INFIX[fn]) return `${a} ${INFIX[fn]} ${b}`;
  if (COMPARISON[fn]) return truth(`${a} ${COMPARISON[fn]} ${b}`);
  switch (fn) {
    case 'neg':
      return `-${a}`;
    case 'not':
      return truth(`${a} == ${vectorType(operandType, width)}(0)`);
    case 'isNaN':
      // On the bits: compilers may assume that there are no NaNs.
      return truth(`(bitcast<${words}>(${a}) & ${words}(0x7fffffffu)) > ${words}(0x7f800000u)`);
    case 'shiftRight':
      return `${type}(${words}(${a}) >> ${words}(${b}))`;
    case 'randomBits':
      return width === 1
        ? `randomBits(${a}, ${b}, ${c})`
        : `${type}(${['x', 'y', 'z', 'w'].map((part) => `randomBits(${a}.${part}, ${b}.${part}, ${c}.${part})`).join(', ')})`;
    case 'where':
      return `select(${c}, ${b}, ${isNotZero(a, 'bool')})`;
    case 'cast':
      if (dtype === 'float16') return `roundHalf${width}(${type}(${a}))`;
      if (dtype === 'int32' && operandType === 'float32') return `wholeNumber${width}(${a})`;
      return dtype === 'bool' ? truth(isNotZero(a, operandType)) : `${type}(${a})`;
    case 'floor':
      return dtype === 'float32' ? `floor(${a})` : a;
    case 'notEqual':
      return truth(differs(a, b));
    case 'exp':
      return `exponential${width}(${a})`;
    case 'log':
      return `logarithm${width}(${a})`;
    case 'tanh':
      return `hyperbolicTangent${width}(${a})`;
    case 'sin':
      return `sine${width}(${a})`;
    case 'cos':
      return `cosine${width}(${a})`;
    case 'sign':
      return dtype === 'float32' ? `signum${width}(${a})` : `sign(${a})`;
    case 'pow':
      return `power${width}(${a}, ${b})`;
    case 'maximum':
    case 'minimum': {
      const name = fn === 'maximum' ? 'max' : 'min';
      return dtype === 'float32' ? `${name}Number${width}(${a}, ${b})` : `${name}(${a}, ${b})`;
    }
    default:
      return `${fn}(${[a, b].filter((operand) => operand !== '').join(', ')})`;
  }
}

/** Threefry-2x32 with 20 rounds; see random/threefry.ts. */
const RANDOM_BITS = `fn randomBits(key0: i32, key1: i32, index: i32) -> i32 {
  let rotations = array<u32, 8>(13u, 15u, 26u, 6u, 17u, 29u, 16u, 24u);
  let keys = array<u32, 3>(u32(key0), u32(key1), 0x1bd11bdau ^ u32(key0) ^ u32(key1));
  var x0 = u32(index >> 31u) + keys[0];
  var x1 = ((u32(index) & 0x7fffffffu) >> 1u) + keys[1];
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

/** The functions that a shader calls and WGSL does not have. */
export const preludeOf = (source: string): string =>
  [mathPrelude(source), halvesPrelude(source), ...(source.includes('randomBits(') ? [RANDOM_BITS] : [])].join(
    '',
  );
