import * as ort from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import type { Attribute, OnnxModel } from '../format/model.ts';
import { writeModel } from '../format/write-model.ts';
import { openSession } from '../session/session.ts';

ort.env.wasm.numThreads = 1;

const int = (value: number): Attribute => ({ kind: 'int', value });
const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
const node = (
  operator: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, Attribute> = {},
  domain = '',
) => ({ name: operator, operator, domain, inputs, outputs, attributes });

const model: OnnxModel = {
  irVersion: 9,
  producer: 'test',
  opsets: [
    { domain: '', version: 20 },
    { domain: 'com.microsoft', version: 1 },
  ],
  metadata: {},
  graph: {
    name: 'text',
    inputs: [{ name: 'text', type: 'string', dims: ['batch', 1] }],
    outputs: [
      { name: 'counts', type: 'float32', dims: ['batch', 3] },
      { name: 'bucket', type: 'int64', dims: ['batch', 1] },
    ],
    initializers: [
      { name: 'flat', type: 'int64', dims: [1], data: [-1] },
      { name: 'seven', type: 'int32', dims: [1], data: [7] },
    ],
    nodes: [
      node('Reshape', ['text', 'flat'], ['texts']),
      node('StringSplit', ['texts'], ['words', 'lengths']),
      node('TfIdfVectorizer', ['words'], ['counts'], {
        mode: { kind: 'string', value: 'TFIDF' },
        min_gram_length: int(1),
        max_gram_length: int(2),
        max_skip_count: int(0),
        ngram_counts: ints(0, 3),
        ngram_indexes: ints(0, 0, 1, 2),
        pool_strings: { kind: 'strings', value: ['gull', 'Gull', 'engine', 'gull', 'engine'] },
        weights: { kind: 'floats', value: [1.5, 1.5, 2.25, 3] },
      }),
      node('MurmurHash3', ['text'], ['hash'], { seed: int(0), positive: int(0) }, 'com.microsoft'),
      node('Mod', ['hash', 'seven'], ['remainder']),
      node('Cast', ['remainder'], ['bucket'], { to: int(7) }),
    ],
  },
};

describe('operators of text', () => {
  it('say what onnxruntime says of the same bytes', async () => {
    // Spaces alone: onnxruntime 1.30 does not divide at other white space, which the specification wants.
    const texts = [
      'gull engine',
      'Gull  gull engine engine',
      '',
      '東京 x',
      '  engine ',
      'a',
      'gull gull gull',
    ];
    const ours = await (await openSession(model)).run({
      text: { type: 'string', dims: [texts.length, 1], data: texts },
    });
    const session = await ort.InferenceSession.create(writeModel(model));
    const theirs = await session.run({ text: new ort.Tensor('string', texts, [texts.length, 1]) });
    for (const name of ['counts', 'bucket']) {
      expect(ours[name]?.dims).toEqual(theirs[name]?.dims);
      expect(Array.from<unknown, number>(ours[name]?.data ?? [], Number)).toEqual(
        Array.from(theirs[name]?.data as Iterable<unknown>, Number),
      );
    }
  });

  it('divide at any white space', async () => {
    const { counts } = await (await openSession(model)).run({
      text: { type: 'string', dims: [1, 1], data: ['gull\tengine\n'] },
    });
    expect([...(counts?.data ?? [])]).toEqual([1.5, 2.25, 3]);
  });
});
