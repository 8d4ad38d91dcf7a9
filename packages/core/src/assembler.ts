/**
 * The WebAssembly assembler that kernels are written with, for packages that have loops of their own: no part of it needs a tensor.
 */
export * from './codegen/wasm/assembler.ts';
