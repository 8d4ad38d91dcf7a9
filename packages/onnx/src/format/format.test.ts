import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OnnxError } from '../onnx-error.ts';
import type { Attribute, OnnxModel, TensorData } from './model.ts';
import { readModel } from './read-model.ts';
import { writeModel } from './write-model.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const float = fc.float({ noNaN: true }).map(Math.fround);
const integer = fc.maxSafeInteger();

const tensorData: fc.Arbitrary<TensorData> = fc.oneof(
  fc.record({ name: text, data: fc.array(float, { maxLength: 8 }) }).map(
    ({ name, data }): TensorData => ({
      name,
      type: 'float32',
      dims: [data.length],
      data: Float32Array.from(data),
    }),
  ),
  fc
    .record({ name: text, data: fc.array(integer, { maxLength: 8 }) })
    .map(({ name, data }): TensorData => ({ name, type: 'int64', dims: [1, data.length], data })),
  fc
    .record({ name: text, data: fc.array(text, { maxLength: 8 }) })
    .map(({ name, data }): TensorData => ({ name, type: 'string', dims: [data.length], data })),
);

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  float.map((value): Attribute => ({ kind: 'float', value })),
  integer.map((value): Attribute => ({ kind: 'int', value })),
  text.map((value): Attribute => ({ kind: 'string', value })),
  fc.array(float, { minLength: 1, maxLength: 5 }).map((value): Attribute => ({ kind: 'floats', value })),
  fc.array(integer, { minLength: 1, maxLength: 5 }).map((value): Attribute => ({ kind: 'ints', value })),
  fc.array(text, { minLength: 1, maxLength: 5 }).map((value): Attribute => ({ kind: 'strings', value })),
  tensorData.map((value): Attribute => ({ kind: 'tensor', value })),
);

const model: fc.Arbitrary<OnnxModel> = fc.record({
  irVersion: fc.integer({ min: 1, max: 20 }),
  producer: text,
  opsets: fc.constant([
    { domain: '', version: 18 },
    { domain: 'ai.onnx.ml', version: 3 },
  ]),
  metadata: fc.dictionary(
    text.filter((key) => key !== '__proto__'),
    text,
  ),
  graph: fc.record({
    name: text,
    nodes: fc.array(
      fc.record({
        name: text,
        operator: text,
        domain: fc.constantFrom('', 'ai.onnx.ml'),
        inputs: fc.array(text, { maxLength: 3 }),
        outputs: fc.array(text, { maxLength: 3 }),
        attributes: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), attribute, { maxKeys: 4 }),
      }),
      { maxLength: 4 },
    ),
    initializers: fc.array(tensorData, { maxLength: 3 }),
    inputs: fc.constant([]),
    outputs: fc.array(
      fc.record({
        name: text,
        type: fc.constantFrom('float32' as const, 'string' as const),
        dims: fc.array(fc.oneof(fc.nat(9), fc.stringMatching(/^[a-z]+$/)), { maxLength: 3 }),
      }),
      { maxLength: 2 },
    ),
  }),
});

const normal = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, one) =>
      one instanceof Float32Array
        ? [...one]
        : one instanceof BigInt64Array
          ? Array.from(one, Number)
          : Object.is(one, -0)
            ? 0
            : one,
    ),
  );

describe('the ONNX file format', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(model, (one) => {
        expect(normal(readModel(writeModel(one)))).toEqual(normal(one));
      }),
      { numRuns: 150 },
    );
  });

  it('is read or refused with a clear error, whatever bytes are changed or cut off', () => {
    fc.assert(
      fc.property(model, fc.infiniteStream(fc.nat(255)), fc.nat(), (one, noise, cut) => {
        const bytes = writeModel(one);
        const broken = bytes.slice(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0));
        for (let i = 0; i < 3; i++) {
          const at = (noise.next().value ?? 0) * 257 + (noise.next().value ?? 0);
          if (broken.length > 0) broken[at % broken.length] = noise.next().value ?? 0;
        }
        try {
          readModel(broken, { maxElements: 10_000 });
        } catch (error) {
          expect(error).toBeInstanceOf(OnnxError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('refuses declared sizes beyond the budget before taking memory', () => {
    const huge: OnnxModel = {
      irVersion: 8,
      producer: '',
      opsets: [{ domain: '', version: 18 }],
      metadata: {},
      graph: {
        name: '',
        nodes: [],
        inputs: [],
        outputs: [],
        initializers: [{ name: 'w', type: 'float32', dims: [2 ** 20, 2 ** 20], data: new Float32Array(1) }],
      },
    };
    expect(() => readModel(writeModel(huge))).toThrowError(
      expect.objectContaining({ code: 'TRS_ONNX_TOO_LARGE' }),
    );
    expect(() => readModel(new Uint8Array(100), { maxBytes: 99 })).toThrowError(
      expect.objectContaining({ code: 'TRS_ONNX_TOO_LARGE' }),
    );
  });

  it('refuses a tensor that lies in another file', () => {
    // TensorProto { dims: 1, data_type: FLOAT, name: "w", data_location: EXTERNAL } inside GraphProto.initializer.
    const tensor = Uint8Array.of(0x08, 1, 0x10, 1, 0x42, 1, 0x77, 0x70, 1);
    const graph = Uint8Array.of(0x2a, tensor.length, ...tensor);
    const file = Uint8Array.of(0x08, 8, 0x42, 2, 0x10, 18, 0x3a, graph.length, ...graph);
    expect(() => readModel(file)).toThrowError(expect.objectContaining({ code: 'TRS_ONNX_EXTERNAL_DATA' }));
  });
});
