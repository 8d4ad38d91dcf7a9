import type { Node } from '../graph/node.ts';

/** Element-wise functions that take many instructions. */
const HEAVY: ReadonlySet<string> = new Set(['exp', 'log', 'tanh', 'sin', 'cos', 'pow', 'randomBits']);

/** Whether computing a function again costs more than reading its result again. */
export const isHeavyFunction = (fn: string): boolean => HEAVY.has(fn);

/** Whether an element-wise node is worth a buffer rather than computing it twice. */
export function isHeavy({ primitive, inputs }: Node): boolean {
  if (primitive.kind !== 'elementwise') return true;
  if (primitive.fn !== 'pow') return isHeavyFunction(primitive.fn);
  // Small whole powers are products.
  let exponent = inputs[1];
  while (exponent?.primitive.kind === 'expand') exponent = exponent.inputs[0];
  return exponent?.primitive.kind !== 'constant' || !isSmallPower(exponent.primitive.value);
}

const isSmallPower = (exponent: number): boolean => Number.isInteger(exponent) && Math.abs(exponent) <= 4;
