import { describe, expect, it } from 'vitest';
import type { Asked } from '../exchange/asked.ts';
import type { Description } from '../exchange/description.ts';
import { DATATYPES, type SentType } from '../exchange/open-inference-schema.ts';
import { bytesOf } from '../exchange/tensor-bytes.ts';
import { type GraphQuestion, tensorsAsked } from '../exchange/tensors.ts';
import { CONTENTS, type InferMessage, inferMessageSchema, requestOf } from './infer-request.ts';
import { responseOf } from './infer-response.ts';

const LISTS: Readonly<Record<keyof typeof CONTENTS, readonly unknown[]>> = {
  bool: [true, false],
  int8: [-128, 127],
  int16: [-32_768, 0],
  int32: [2 ** 31 - 1, -(2 ** 31)],
  int64: ['9223372036854775807', '-9007199254740993'],
  uint8: [255, 0],
  uint16: [65_535, 1],
  uint32: [2 ** 32 - 1, 0],
  uint64: ['18446744073709551615', '9007199254740993'],
  float32: [1.5, Number.NaN],
  float64: [1e300, Number.NEGATIVE_INFINITY],
  string: [Buffer.from('grün'), Buffer.from('')],
};

const message = (more: object): InferMessage =>
  inferMessageSchema.parse({
    model_name: 'm',
    model_version: '',
    id: '',
    parameters: {},
    outputs: [],
    ...more,
  });
const tensor = (type: SentType, more: object) => ({
  name: 'x',
  datatype: DATATYPES[type],
  shape: ['2'],
  parameters: {},
  ...more,
});

/** What a graph that gives back what it takes answers. */
function echoed(asked: InferMessage, type: string, isRaw: boolean) {
  const value = { name: 'x', type, dims: ['n'] };
  const description: Description = { task: undefined, features: [], inputs: [value], outputs: [value] };
  const request: Asked = {
    form: 'tensors',
    ...requestOf(asked),
    id: 'p-1',
    deployment: 'd',
    model: { name: 'm', version: 1 },
  };
  const question = tensorsAsked(request, description, 10) as GraphQuestion;
  const outputs = Object.fromEntries(
    Object.entries(question.feeds).map(([name, feed]) => [name, { ...feed, name }]),
  );
  return responseOf(question.reply(outputs as never), isRaw) as {
    outputs: readonly { shape: readonly number[]; contents?: Readonly<Record<string, readonly unknown[]>> }[];
    raw_output_contents: readonly Uint8Array[];
  };
}

describe('a message of ModelInfer', () => {
  it.each(Object.keys(LISTS) as (keyof typeof LISTS)[])(
    'carries %s in its list, and comes back in it',
    (type) => {
      const contents = { [CONTENTS[type]]: LISTS[type] };
      const answer = echoed(message({ inputs: [tensor(type, { contents })] }), type, false);
      expect(answer.outputs[0]?.shape).toEqual([2]);
      expect(answer.outputs[0]?.contents).toEqual(contents);
      expect(answer.raw_output_contents).toEqual([]);
    },
  );

  it.each(['float16', 'bfloat16'] as const)('carries %s as bytes, which has no list', (type) => {
    const bytes = bytesOf({ type, data: Float32Array.of(1.5, -2) });
    const asked = message({ inputs: [tensor(type, {})], raw_input_contents: [bytes] });
    expect(echoed(asked, type, false).raw_output_contents.map((raw) => Buffer.from(raw))).toEqual([
      Buffer.from(bytes),
    ]);
    expect(() => requestOf(message({ inputs: [tensor(type, {})] }))).toThrow('no contents of its own');
  });

  it.each<[string, object, string]>([
    [
      'an element beyond its datatype',
      { inputs: [tensor('int8', { contents: { int_contents: [128, 0] } })] },
      '128',
    ],
    [
      'the list of another datatype',
      { inputs: [tensor('int8', { contents: { fp32_contents: [1, 2] } })] },
      'fp32_contents',
    ],
    [
      'contents beside raw contents',
      {
        inputs: [tensor('int8', { contents: { int_contents: [1, 2] } })],
        raw_input_contents: [Buffer.alloc(2)],
      },
      'beside its raw',
    ],
    [
      'raw contents of too many inputs',
      { inputs: [tensor('int8', {})], raw_input_contents: [Buffer.alloc(2), Buffer.alloc(2)] },
      '2 raw contents came for 1',
    ],
    ['too few elements', { inputs: [tensor('int8', { contents: { int_contents: [1] } })] }, '1 elements'],
    ['a datatype that there is not', { inputs: [{ ...tensor('int8', {}), datatype: 'FP8' }] }, 'FP8'],
    ['a shape below nothing', { inputs: [{ ...tensor('int8', {}), shape: ['-1'] }] }, 'shape'],
    [
      'a parameter that is not honoured',
      {
        inputs: [tensor('int8', { contents: { int_contents: [1, 2] } })],
        parameters: { sequence_id: { int64_param: '1' } },
      },
      'sequence_id',
    ],
  ])('is refused by name for %s', (_, more, named) => {
    expect(() => echoed(message(more), 'int8', false)).toThrow(named);
  });
});
