import type { DType } from '../../graph/dtype.ts';
import type { ReduceFunction } from '../../graph/node.ts';
import { foldOf, foldTree } from './fold.ts';
import { type ShaderTarget, storageType } from './program.ts';

/** A function of a shader that folds a value of each invocation of a workgroup into one that all of them get. */
export interface InvocationFold {
  readonly outside: string;
  readonly call: (value: string) => string;
}

/** @param size invocations of the workgroup, a power of two */
export function foldInvocations(
  fn: ReduceFunction,
  dtype: DType,
  size: number,
  { subgroups }: ShaderTarget,
): InvocationFold {
  const name = `${fn}_${dtype}`;
  const outside = subgroups ? bySubgroups(name, fn, dtype, size) : byTree(name, fn, dtype, size);
  return { outside, call: (value) => `${name}(${value}, lane)` };
}

function byTree(name: string, fn: ReduceFunction, dtype: DType, size: number): string {
  const type = storageType(dtype);
  return `var<workgroup> all_${name}: array<${type}, ${size}>;
fn ${name}(value: ${type}, lane: u32) -> ${type} {
  all_${name}[lane] = value;
${foldTree(fn, dtype, `all_${name}`, size)}  workgroupBarrier();
  let folded = all_${name}[0];
  workgroupBarrier();
  return folded;
}
`;
}

/**
 * Subgroups fold what they have in registers; one invocation of each leaves the result in shared memory, all others a value that
 * changes nothing; and each subgroup folds that once more. Two barriers, where a tree of 256 takes ten. Nothing is taken for
 * granted of how large subgroups are, whether they are full, or which invocations they have: they count themselves.
 */
function bySubgroups(name: string, fn: ReduceFunction, dtype: DType, size: number): string {
  const type = storageType(dtype);
  // The largest, or smallest, element is looked for among whole numbers in the same order, or turned round: subgroupMax may lose
  // a NaN, which is above all here.
  const isOrdered = fn !== 'sum';
  const carrier = isOrdered ? 'u32' : type;
  const fold = isOrdered ? 'subgroupMax' : 'subgroupAdd';
  const join = (a: string, b: string): string => (isOrdered ? `max(${a}, ${b})` : foldOf(fn, dtype, 1, a, b));
  const { before, after } = fn === 'sum' ? { before: 'value', after: 'folded' } : ORDERS[fn][dtype];
  return `var<workgroup> all_${name}: array<${carrier}, ${size}>;
fn ${name}(value: ${type}, lane: u32) -> ${type} {
  let mine = ${fold}(${before});
  all_${name}[lane] = select(${carrier}(0), mine, subgroupElect());
  workgroupBarrier();
  let present = subgroupAdd(1u);
  var joined = ${carrier}(0);
  for (var at = subgroupExclusiveAdd(1u); at < ${size}u; at += present) {
    joined = ${join('joined', `all_${name}[at]`)};
  }
  let folded = ${fold}(joined);
  workgroupBarrier();
  return ${after};
}
`;
}

const SIGN = '0x80000000u';
const WORD = 'bitcast<u32>(value)';

interface Order {
  readonly before: string;
  readonly after: string;
}

const IS_NAN = `(${WORD} & 0x7fffffffu) > 0x7f800000u`;
// Nothing is folded as float16, and booleans are counted as int32.
const UNORDERED: Order = { before: 'value', after: 'folded' };

/** How values become unsigned words in the same order, of which 0 is the least, and how they come back; NaN is the largest word. */
const ORDERS: Readonly<Record<'max' | 'min', Readonly<Record<DType, Order>>>> = {
  max: {
    // Negative numbers are turned over.
    float32: {
      before: `select(select(${WORD} | ${SIGN}, ~${WORD}, ${WORD} >= ${SIGN}), 0xffffffffu, ${IS_NAN})`,
      after: `bitcast<f32>(select(~folded, folded & 0x7fffffffu, folded >= ${SIGN}))`,
    },
    float16: UNORDERED,
    int32: { before: `${WORD} ^ ${SIGN}`, after: `bitcast<i32>(folded ^ ${SIGN})` },
    bool: UNORDERED,
  },
  min: {
    // Positive numbers are.
    float32: {
      before: `select(select(~(${WORD} | ${SIGN}), ${WORD}, ${WORD} >= ${SIGN}), 0xffffffffu, ${IS_NAN})`,
      after: `bitcast<f32>(select(~folded & 0x7fffffffu, folded, folded >= ${SIGN}))`,
    },
    float16: UNORDERED,
    int32: { before: `~(${WORD} ^ ${SIGN})`, after: `bitcast<i32>(~folded ^ ${SIGN})` },
    bool: UNORDERED,
  },
};
