import type { Expression } from '../../schedule/kernel.ts';
import type { Code, Scope, Value } from './assembler.ts';
import { type Leaf, lanesOf, nothingKnown } from './expression.ts';
import type { WasmFeatures } from './features.ts';
import type { Lanes } from './vector-math.ts';

type Vector = Value<'v128'>;

/** Sends what a kernel has folded or multiplied through its epilogue. */
export function finished(
  of: { readonly scope: Scope; readonly features: WasmFeatures },
  epilogue: Expression | undefined,
  accumulator: Vector,
  read: (leaf: Leaf) => Vector,
): { readonly code: Code; readonly value: Vector } {
  if (!epilogue) return { code: [], value: accumulator };
  const lanes: Lanes = { ...of, statements: [] };
  const leaf = (one: Leaf): Vector => (one.kind === 'accumulator' ? accumulator : read(one));
  const value = lanesOf(epilogue, lanes, leaf, nothingKnown());
  return { code: lanes.statements, value };
}
