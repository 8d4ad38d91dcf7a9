import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asked } from './asked.ts';
import type { Description } from './description.ts';
import { DATATYPES, type SentType } from './open-inference-schema.ts';
import { bytesOf } from './tensor-bytes.ts';
import { type GraphQuestion, tensorsAsked } from './tensors.ts';

const MODEL: Omit<Asked, 'body' | 'headerBytes'> = {
  form: 'tensors',
  id: 'p-1',
  deployment: 'd',
  model: { name: 'm', version: 3 },
};

/** A graph that gives back what it takes. */
const echo = (type: string): Description => ({
  task: undefined,
  features: [],
  inputs: [{ name: 'x', type, dims: ['n'] }],
  outputs: [{ name: 'x', type, dims: ['n'] }],
});

/** The head of a request, and bytes behind it. */
function withBytes(head: object, ...parts: readonly Uint8Array[]): Asked {
  const json = Buffer.from(JSON.stringify(head));
  return { ...MODEL, body: new Uint8Array(Buffer.concat([json, ...parts])), headerBytes: json.length };
}
const withJson = (head: object | string): Asked => ({
  ...MODEL,
  body: typeof head === 'string' ? head : JSON.stringify(head),
});

/** What the graph that gives back what it takes answers. */
function echoed(asked: Asked, description: Description) {
  const question = tensorsAsked(asked, description, 100) as GraphQuestion;
  const outputs = Object.fromEntries(
    Object.entries(question.feeds).map(([name, feed]) => [name, { ...feed, name }]),
  );
  const { body, headerBytes } = question.reply(outputs as never);
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
  const json = bytes.subarray(0, headerBytes ?? bytes.length).toString();
  return { json, head: JSON.parse(json), rest: bytes.subarray(headerBytes ?? bytes.length) };
}

const input = (datatype: string, size: number, parameters: object = {}) => ({
  name: 'x',
  datatype,
  shape: [size],
  ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
});

const float = (max: number) => fc.double({ min: -max, max, noNaN: true });
const integer = (bits: bigint, isSigned: boolean) =>
  fc.bigInt(
    isSigned
      ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
      : { min: 0n, max: (1n << bits) - 1n },
  );
const ELEMENTS: Readonly<Record<SentType, fc.Arbitrary<string | number | bigint | boolean>>> = {
  float32: float(3e38).map(Math.fround),
  float64: float(1e300),
  // What these hold exactly.
  float16: fc.integer({ min: -2048, max: 2048 }).map((value) => value / 16),
  bfloat16: fc.integer({ min: -128, max: 128 }).map((value) => value * 2 ** 20),
  int8: integer(8n, true).map(Number),
  int16: integer(16n, true).map(Number),
  int32: integer(32n, true).map(Number),
  int64: integer(64n, true),
  uint8: integer(8n, false).map(Number),
  uint16: integer(16n, false).map(Number),
  uint32: integer(32n, false).map(Number),
  uint64: integer(64n, false),
  bool: fc.boolean(),
  string: fc.string({ unit: 'grapheme' }),
};

const written = (value: unknown): string =>
  typeof value === 'bigint' ? String(value) : Object.is(value, -0) ? '-0.0' : JSON.stringify(value);

describe('tensors as bytes and as JSON', () => {
  for (const [type, datatype] of Object.entries(DATATYPES) as [SentType, string][]) {
    it(`say the same of ${datatype}`, () => {
      fc.assert(
        fc.property(fc.array(ELEMENTS[type], { maxLength: 20 }), (values) => {
          const data = `[${values.map(written).join(',')}]`;
          const bytes = bytesOf({ type, data: values });
          const json = withJson(
            `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[${values.length}],"data":${data}}],"outputs":[{"name":"x","parameters":{"binary_data":true}}]}`,
          );
          const inputs = [input(datatype, values.length, { binary_data_size: bytes.length })];
          const outputs = [{ name: 'x', parameters: { binary_data: false } }];
          const asBytes = echoed(json, echo(type));
          const asJson = echoed(withBytes({ inputs, outputs }, bytes), echo(type));
          expect(asBytes.rest.equals(bytes)).toBe(true);
          expect(asBytes.head.outputs[0].parameters).toEqual({ binary_data_size: bytes.length });
          // As it is written: integers beyond 2^53 digit by digit.
          expect(asJson.head.outputs[0].data).toEqual(JSON.parse(data));
          if (typeof values[0] === 'bigint') expect(asJson.json).toContain(`"data":${data}`);
        }),
        { numRuns: 50 },
      );
    });
  }

  it('carry what JSON has not', () => {
    const bytes = bytesOf({
      type: 'float32',
      data: Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, -0),
    });
    const head = { inputs: [input('FP32', 3, { binary_data_size: 12 })] };
    const { rest } = echoed(
      withBytes({ ...head, parameters: { binary_data_output: true } }, bytes),
      echo('float32'),
    );
    expect(rest.equals(bytes)).toBe(true);
    expect(() => echoed(withBytes(head, bytes), echo('float32'))).toThrow(
      'answers NaN in element 0 of the output "x"',
    );
  });

  it('lie in the order of the inputs, some as JSON between them', () => {
    const description: Description = {
      ...echo('int8'),
      inputs: ['a', 'b', 'c'].map((name) => ({ name, type: 'int8', dims: ['n'] })),
      outputs: ['a', 'b', 'c'].map((name) => ({ name, type: 'int8', dims: ['n'] })),
    };
    const one = (name: string, more: object) => ({ name, datatype: 'INT8', shape: [1], ...more });
    const size = { parameters: { binary_data_size: 1 } };
    const asked = withBytes(
      {
        inputs: [one('a', size), one('b', { data: [2] }), one('c', size)],
        outputs: [{ name: 'c' }, { name: 'a' }],
      },
      Uint8Array.of(1, 3),
    );
    expect(echoed(asked, description).head.outputs).toMatchObject([
      { name: 'c', data: [3] },
      { name: 'a', data: [1] },
    ]);
  });

  it('may have no elements, or be a scalar', () => {
    const empty = withBytes({ inputs: [{ ...input('FP32', 0, { binary_data_size: 0 }), shape: [0, 4] }] });
    expect(echoed(empty, echo('float32')).head.outputs).toMatchObject([{ shape: [0, 4], data: [] }]);
    const scalar = withJson({ inputs: [{ name: 'x', datatype: 'INT64', shape: [], data: [7] }] });
    expect(echoed(scalar, echo('int64')).head.outputs).toMatchObject([{ shape: [], data: [7] }]);
  });

  it('keep the id of the caller', () => {
    const asked = withJson({ id: 'mine', inputs: [{ ...input('INT8', 1), data: [1] }] });
    expect(echoed(asked, echo('int8')).head).toMatchObject({
      model_name: 'd',
      model_version: '3',
      id: 'mine',
    });
  });
});

describe('a request that cannot be read is refused in words that name', () => {
  const bytes = (size: number) => new Uint8Array(size);
  const of = (datatype: string, size: number, data: unknown) =>
    withJson({ inputs: [{ ...input(datatype, size), data }] });
  it.each<[string, string, Asked, string]>([
    [
      'bytes that are too few for the shape',
      'float32',
      withBytes({ inputs: [input('FP32', 2, { binary_data_size: 4 })] }, bytes(4)),
      'its shape takes 8',
    ],
    [
      'bytes that are not there',
      'float32',
      withBytes({ inputs: [input('FP32', 2, { binary_data_size: 8 })] }, bytes(4)),
      '4 are left behind the JSON',
    ],
    [
      'bytes that nobody asked for',
      'float32',
      withBytes({ inputs: [input('FP32', 1, { binary_data_size: 4 })] }, bytes(9)),
      '5 bytes are left behind the JSON',
    ],
    [
      'bytes and data at once',
      'float32',
      withBytes({ inputs: [{ ...input('FP32', 1, { binary_data_size: 4 }), data: [1] }] }, bytes(4)),
      'both "data"',
    ],
    ['neither bytes nor data', 'float32', withJson({ inputs: [input('FP32', 1)] }), 'neither "data"'],
    [
      'a number of bytes that is none',
      'float32',
      withBytes({ inputs: [input('FP32', 1, { binary_data_size: -1 })] }),
      'no number of bytes',
    ],
    [
      'a head that is longer than the body',
      'float32',
      { ...MODEL, body: bytes(3), headerBytes: 9 },
      'says 9 bytes, and the body has 3',
    ],
    [
      'a text that is longer than its bytes',
      'string',
      withBytes({ inputs: [input('BYTES', 1, { binary_data_size: 6 })] }, Uint8Array.of(99, 0, 0, 0, 65, 66)),
      'element 0 has 99 bytes, and 2 are left',
    ],
    [
      'fewer texts than the shape says',
      'string',
      withBytes({ inputs: [input('BYTES', 2, { binary_data_size: 4 })] }, bytes(4)),
      'it has 1 elements',
    ],
    [
      'a text that is no UTF-8',
      'string',
      withBytes({ inputs: [input('BYTES', 1, { binary_data_size: 5 })] }, Uint8Array.of(1, 0, 0, 0, 0xff)),
      'element 0 is no UTF-8',
    ],
    [
      'a truth that is neither 0 nor 1',
      'bool',
      withBytes({ inputs: [input('BOOL', 1, { binary_data_size: 1 })] }, Uint8Array.of(2)),
      'element 0 is 2',
    ],
    [
      'NaN as JSON',
      'float32',
      withJson('{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[NaN]}]}'),
      'not JSON',
    ],
    ['null', 'float32', of('FP32', 1, [null]), 'element 0 is null'],
    ['a text among numbers', 'float32', of('FP32', 1, ['1']), 'element 0 is "1"'],
    ['a number beyond FP16', 'float16', of('FP16', 1, [65520]), '65520'],
    ['a number beyond BF16', 'bfloat16', of('BF16', 1, [3.4e38]), '3.4e+38'],
    ['a number beyond FP32', 'float32', of('FP32', 1, [3.5e38]), '3.5e+38'],
    [
      'an integer beyond INT64',
      'int64',
      withJson('{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[9223372036854775808]}]}'),
      '9223372036854775808',
    ],
    ['a negative one of UINT64', 'uint64', of('UINT64', 1, [-1]), '-1'],
    [
      'another datatype than the model takes',
      'float32',
      of('FP64', 1, [1]),
      'its datatype is FP64, the model takes FP32',
    ],
    ['a datatype that there is not', 'float32', of('fp32', 1, [1]), 'no datatype "fp32"'],
    [
      'an input that there is not',
      'float32',
      withJson({ inputs: [{ ...input('FP32', 1), name: 'y', data: [1] }] }),
      'the model takes x',
    ],
    [
      'a shape with a fraction',
      'float32',
      withJson({ inputs: [{ ...input('FP32', 1), shape: [1.5], data: [1] }] }),
      'inputs.0.shape.0',
    ],
    [
      'a shape below nothing',
      'float32',
      withJson({ inputs: [{ ...input('FP32', 1), shape: [-1], data: [1] }] }),
      'inputs.0.shape.0',
    ],
    [
      'a member that there is not',
      'float32',
      withJson({ inputs: [{ ...input('FP32', 1), data: [1] }], sequence: 1 }),
      'sequence',
    ],
    [
      'classification',
      'float32',
      withJson({
        inputs: [{ ...input('FP32', 1), data: [1] }],
        outputs: [{ name: 'x', parameters: { classification: 2 } }],
      }),
      'classification',
    ],
    [
      'shared memory',
      'float32',
      withJson({ inputs: [{ ...input('FP32', 1, { shared_memory_region: 'a' }), data: [1] }] }),
      'shared_memory_region',
    ],
    ['JSON that nests without end', 'float32', withJson('['.repeat(10_000)), 'nests deeper'],
    ['no UTF-8', 'float32', { ...MODEL, body: Uint8Array.of(0x22, 0xff, 0x22) }, 'not UTF-8'],
    [
      'more elements than any memory has',
      'float32',
      withBytes(
        { inputs: [{ ...input('FP32', 1, { binary_data_size: 4 }), shape: [2 ** 52, 2 ** 52] }] },
        bytes(4),
      ),
      'its shape takes',
    ],
  ])('%s', (_, type, asked, named) => {
    expect(() => tensorsAsked(asked, echo(type), 100)).toThrow(named);
  });
});
