import type { Code, Local, Value, ValueType } from './code.ts';
import { get, set } from './control.ts';
import { unsignedLeb } from './encoding.ts';

const TYPE_BYTES: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

export interface FunctionCode {
  /** Exported under this name, if there is one. */
  readonly name?: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Hands out the locals of one function. */
export interface Scope {
  readonly parameters: readonly Local<'i32'>[];
  local<T extends ValueType>(type: T): Local<T>;
  /**
   * A vector that does not change, loaded once where the function begins: V8 builds such a constant from two general registers
   * at every use, which is a third of the time of a polynomial.
   */
  constant(vector: Value<'v128'>): Value<'v128'>;
  finish(body: Code, name?: string): FunctionCode;
}

/** A function whose parameters are all i32: addresses and counts. */
export function newScope(parameterCount: number): Scope {
  const locals: ValueType[] = [];
  const constants = new Map<string, { readonly local: Local<'v128'>; readonly vector: Value<'v128'> }>();
  const parameters = Array.from({ length: parameterCount }, (_, index) => ({ type: 'i32', index }) as const);
  const local = <T extends ValueType>(type: T): Local<T> => {
    locals.push(type);
    return { type, index: parameterCount + locals.length - 1 };
  };
  return {
    parameters,
    local,
    constant(vector) {
      const text = String(vector.code);
      const known = constants.get(text) ?? { local: local('v128'), vector };
      constants.set(text, known);
      return get(known.local);
    },
    finish: (body, name) => ({
      ...(name === undefined ? {} : { name }),
      parameters: parameters.map(() => 'i32'),
      locals,
      body: [[...constants.values()].map((one) => set(one.local, one.vector)), body],
    }),
  };
}

export interface MemoryImport {
  readonly initialPages: number;
  readonly maximumPages: number;
  readonly isShared: boolean;
}

function flatten(code: Code, into: number[]): void {
  if (typeof code === 'number') into.push(code);
  else for (const part of code) flatten(part, into);
}

const sized = (bytes: readonly number[]): number[] => [...unsignedLeb(bytes.length), ...bytes];
const list = (items: readonly (readonly number[])[]): number[] => [
  ...unsignedLeb(items.length),
  ...items.flat(),
];
const text = (string: string): number[] => sized([...new TextEncoder().encode(string)]);

/** A function of two doubles that gives one, imported as `env.name`; imports come first in the count of functions. */
export type Import = string;

/** The bytes of a module that imports the memory `env.memory` and functions, and exports its named functions. */
export function assemble(
  memory: MemoryImport,
  functions: readonly FunctionCode[],
  imports: readonly Import[] = [],
): Uint8Array<ArrayBuffer> {
  const types = functions.map((one) => [
    0x60,
    ...list(one.parameters.map((type) => [TYPE_BYTES[type]])),
    ...list([]),
  ]);
  const double = [TYPE_BYTES.f64];
  const importedType = [0x60, ...list([double, double]), ...list([double])];
  const importedFunctions = imports.map((name) => [
    ...text('env'),
    ...text(name),
    0x00,
    ...unsignedLeb(functions.length),
  ]);
  const importedMemory = [
    ...text('env'),
    ...text('memory'),
    0x02,
    memory.isShared ? 0x03 : 0x01,
    ...unsignedLeb(memory.initialPages),
    ...unsignedLeb(memory.maximumPages),
  ];
  const exported = functions.flatMap((one, index) =>
    one.name === undefined ? [] : [[...text(one.name), 0x00, ...unsignedLeb(imports.length + index)]],
  );
  const bodies = functions.map((one) => {
    const bytes: number[] = [];
    flatten([one.body, 0x0b], bytes);
    return sized([...list(one.locals.map((type) => [1, TYPE_BYTES[type]])), ...bytes]);
  });
  const section = (id: number, content: readonly number[]): number[] => [id, ...sized(content)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([...types, importedType])),
    ...section(2, list([importedMemory, ...importedFunctions])),
    ...section(3, list(functions.map((_, index) => unsignedLeb(index)))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
  ]);
}
