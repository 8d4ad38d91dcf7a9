import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assemble,
  atomic,
  type FunctionCode,
  f32x4,
  get,
  i32,
  i32x4,
  newScope,
  repeat,
  set,
  signedLeb,
  unsignedLeb,
  type Value,
  v128,
} from './assembler.ts';
import { detectFeatures } from './features.ts';

const memoryOf = (isShared: boolean): { initialPages: number; maximumPages: number; isShared: boolean } => ({
  initialPages: 1,
  maximumPages: 2,
  isShared,
});

/** Runs functions over a fresh page of memory. */
function instance(
  functions: readonly FunctionCode[],
  isShared = false,
): { exports: Record<string, (...operands: number[]) => void>; buffer: ArrayBuffer | SharedArrayBuffer } {
  const bytes = assemble(memoryOf(isShared), functions);
  expect(WebAssembly.validate(bytes)).toBe(true);
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: isShared });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return { exports, buffer: memory.buffer };
}

/** A function of two vectors at 0 and 16, whose result goes to 32. */
function vectorFunction(
  name: string,
  compute: (a: Value<'v128'>, b: Value<'v128'>) => Value<'v128'>,
): FunctionCode {
  const scope = newScope(0);
  const at = (address: number): Value<'v128'> => v128.load(i32.const(address));
  return scope.finish(v128.store(i32.const(32), compute(at(0), at(16))), name);
}

describe('LEB128', () => {
  it('writes numbers that read back as they were', () => {
    const read = (bytes: readonly number[], isSigned: boolean): number => {
      let value = 0;
      for (const [i, byte] of bytes.entries()) value += (byte & 127) * 2 ** (7 * i);
      return isSigned && ((bytes.at(-1) ?? 0) & 64) !== 0 ? value - 2 ** (7 * bytes.length) : value;
    };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (n) => read(unsignedLeb(n), false) === n),
    );
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (n) => read(signedLeb(n), true) === n),
    );
  });
});

describe('the assembler', () => {
  const floats: Readonly<Record<string, [typeof f32x4.add, (a: number, b: number) => number]>> = {
    add: [f32x4.add, (a, b) => a + b],
    sub: [f32x4.sub, (a, b) => a - b],
    mul: [f32x4.mul, (a, b) => a * b],
    div: [f32x4.div, (a, b) => a / b],
    min: [f32x4.min, Math.min],
    max: [f32x4.max, Math.max],
  };
  it.each(Object.keys(floats))('computes f32x4.%s as JavaScript does', (name) => {
    const [operation, wanted] = floats[name] ?? [f32x4.add, Math.max];
    const { exports, buffer } = instance([vectorFunction('run', operation)]);
    const memory = new Float32Array(buffer);
    const lanes = fc.array(fc.float(), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(lanes, (values) => {
        memory.set(values);
        exports.run?.();
        for (let i = 0; i < 4; i++) {
          expect(memory[8 + i]).toBe(Math.fround(wanted(values[i] ?? 0, values[i + 4] ?? 0)));
        }
      }),
    );
  });

  it('computes integers, masks and shuffles', () => {
    const { exports, buffer } = instance([
      vectorFunction('mul', i32x4.mul),
      vectorFunction('less', i32x4.lt),
      vectorFunction('pick', (a, b) => v128.shuffle(a, b, 3, 4, 0, 7)),
      vectorFunction('choose', (a, b) => v128.select(a, b, v128.const(-1, 0, 0, -1))),
      vectorFunction('shift', (a) => i32x4.shr(a, i32.const(1))),
    ]);
    const memory = new Int32Array(buffer);
    const run = (name: string): number[] => {
      memory.set([1, -2, 3, 2 ** 31 - 1, 5, 6, -7, 8]);
      exports[name]?.();
      return [...memory.subarray(8, 12)];
    };
    expect(run('mul')).toEqual([5, -12, -21, Math.imul(2 ** 31 - 1, 8)]);
    expect(run('less')).toEqual([-1, -1, 0, 0]);
    expect(run('pick')).toEqual([2 ** 31 - 1, 5, 1, 8]);
    expect(run('choose')).toEqual([1, 6, -7, 2 ** 31 - 1]);
    expect(run('shift')).toEqual([0, -1, 1, 2 ** 30 - 1]);
  });

  it('loops, and adds atomically to shared memory', () => {
    const scope = newScope(1);
    const [times] = scope.parameters;
    if (!times) throw new RangeError('no parameter');
    const i = scope.local('i32');
    const before = scope.local('i32');
    const body = [
      set(i, i32.const(0)),
      repeat(i, get(times), 1, set(before, atomic.add(i32.const(0), i32.const(3)))),
    ];
    const { exports, buffer } = instance([scope.finish(body, 'count')], true);
    exports.count?.(5);
    exports.count?.(0);
    expect(new Int32Array(buffer)[0]).toBe(15);
  });

  it('finds fused multiply-add exactly where the engine takes it', () => {
    const { fma } = detectFeatures();
    const madd = vectorFunction('run', (a, b) => f32x4.relaxedMadd(a, b, b));
    expect(WebAssembly.validate(assemble(memoryOf(false), [madd]))).toBe(fma);
  });
});
