import { assemble, f32x4, newScope, set, v128 } from './assembler.ts';

/** What the running engine takes beyond SIMD, which every current one has. */
export interface WasmFeatures {
  /** Fused multiply-add of four floats, from relaxed SIMD. */
  readonly fma: boolean;
}

/** Asks the engine whether a module with the instruction is valid; nothing is compiled. */
export function detectFeatures(): WasmFeatures {
  const scope = newScope(0);
  const zero = v128.floats(0);
  const body = set(scope.local('v128'), f32x4.relaxedMadd(zero, zero, zero));
  const memory = { initialPages: 1, maximumPages: 1, isShared: false };
  return { fma: WebAssembly.validate(assemble(memory, [scope.finish(body)])) };
}
