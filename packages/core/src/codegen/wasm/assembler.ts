/**
 * A WebAssembly assembler: values and statements are nested lists of bytes that carry their type, and flatten once into a
 * module.
 */
export type { Code, Local, Value, ValueType } from './assembler/code.ts';
export * from './assembler/control.ts';
export { signedLeb, unsignedLeb } from './assembler/encoding.ts';
export * from './assembler/instructions.ts';
export * from './assembler/module.ts';
