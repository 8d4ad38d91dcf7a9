import { PbfWriter } from 'pbf';
import { describe, expect, it } from 'vitest';
import type { Attribute, OnnxGraph, OnnxModel, OnnxNode, TensorData } from '../src/format/model.ts';
import { readModel } from '../src/format/read-model.ts';
import { writeModel } from '../src/format/write-model.ts';
import { openSession } from '../src/session/session.ts';
import { conformanceCases, modelBytes } from './conformance/cases.ts';
import { numbers, turn } from './fuzz/turn.ts';

const longs = (name: string, ...data: number[]): TensorData => ({
  name,
  type: 'int64',
  dims: [data.length],
  data,
});
const scalar = (name: string, type: TensorData['type'], value: number): TensorData => ({
  name,
  type,
  dims: [],
  data: [value],
});
const node = (
  operator: string,
  inputs: string[],
  outputs: string[],
  attributes: Record<string, Attribute> = {},
): OnnxNode => ({
  ...{ name: operator, operator, domain: '', inputs, outputs, attributes },
});
const graphOf = (nodes: OnnxNode[], initializers: TensorData[], outputs: string[]): OnnxGraph => ({
  name: 'graph',
  nodes,
  initializers,
  inputs: [],
  outputs: outputs.map((name) => ({ name, type: 'float32', dims: [], isUntyped: true })),
});
const modelOf = (graph: OnnxGraph, version = 18): OnnxModel => ({
  ...{ irVersion: 8, producer: 'test', opsets: [{ domain: '', version }], metadata: {}, graph },
});
const run = async (graph: OnnxGraph): Promise<unknown> => await (await openSession(modelOf(graph))).run({});

const one: TensorData = { name: 'one', type: 'float32', dims: [1], data: Float32Array.of(1) };

describe('an operator that makes much of little', () => {
  it.each<[string, OnnxNode, TensorData[]]>([
    ['Expand', node('Expand', ['one', 'shape'], ['y']), [one, longs('shape', 100_000, 100_000)]],
    ['Tile', node('Tile', ['one', 'times'], ['y']), [one, longs('times', 2 ** 40)]],
    [
      'ConstantOfShape',
      node('ConstantOfShape', ['shape'], ['y']),
      [longs('shape', 2 ** 31, 2 ** 31, 2 ** 31)],
    ],
    [
      'Range',
      node('Range', ['from', 'to', 'by'], ['y']),
      [scalar('from', 'int64', 0), scalar('to', 'int64', 2 ** 52), scalar('by', 'int64', 1)],
    ],
    [
      'OneHot',
      node('OneHot', ['at', 'depth', 'values'], ['y']),
      [longs('at', 1), longs('depth', 2 ** 40), longs('values', 0, 1)],
    ],
    ['Pad', node('Pad', ['one', 'pads'], ['y']), [one, longs('pads', 0, 2 ** 40)]],
    ['Resize', node('Resize', ['one', '', '', 'sizes'], ['y']), [one, longs('sizes', 2 ** 40)]],
  ])('%s is refused before anything is allocated', async (_, own, initializers) => {
    await expect(run(graphOf([own], initializers, ['y']))).rejects.toMatchObject({
      code: 'TRS_ONNX_TOO_LARGE',
      message: expect.stringContaining(`"${own.name}"`),
    });
  });

  it('is refused also where each step is small: a value that doubles', async () => {
    const nodes = Array.from({ length: 60 }, (_, i) =>
      node('Concat', [i === 0 ? 'one' : `y${i - 1}`, i === 0 ? 'one' : `y${i - 1}`], [`y${i}`], {
        axis: { kind: 'int', value: 0 },
      }),
    );
    await expect(run(graphOf(nodes, [one], ['y59']))).rejects.toMatchObject({ code: 'TRS_ONNX_TOO_LARGE' });
  });
});

describe('an attribute that makes much of little', () => {
  const wide = (name: string, dims: number[]): TensorData => ({
    ...{ name, type: 'float32', dims },
    data: new Float32Array(dims.reduce((product, length) => product * length, 1)),
  });
  it.each<[string, OnnxNode, TensorData[]]>([
    [
      'places of runs of words',
      node('TfIdfVectorizer', ['words'], ['y'], {
        ...{ max_gram_length: { kind: 'int', value: 1 }, min_gram_length: { kind: 'int', value: 1 } },
        ...{ max_skip_count: { kind: 'int', value: 0 }, mode: { kind: 'string', value: 'TF' } },
        ...{ ngram_counts: { kind: 'ints', value: [0] }, ngram_indexes: { kind: 'ints', value: [2 ** 40] } },
        pool_int64s: { kind: 'ints', value: [1] },
      }),
      [longs('words', 1, 2)],
    ],
    [
      'a power of each by each',
      node('Pow', ['a', 'b'], ['y']),
      [wide('a', [2 ** 16, 1]), wide('b', [2 ** 16])],
    ],
  ])('%s is refused before anything is allocated', async (_, own, initializers) => {
    await expect(run(graphOf([own], initializers, ['y']))).rejects.toMatchObject({
      code: 'TRS_ONNX_TOO_LARGE',
    });
  });

  it('ends where a convolution is to look further away than numbers can count', async () => {
    const moves = { ...wide('moves', [1, 8, 2, 2]), data: new Float32Array(32).fill(3.4e38) };
    const own = node('DeformConv', ['x', 'w', 'moves'], ['y']);
    const graph = graphOf([own], [wide('x', [1, 1, 3, 3]), wide('w', [1, 1, 2, 2]), moves], ['y']);
    const answer = await (await openSession(modelOf(graph, 19))).run({});
    expect(answer).toMatchObject({ y: { data: new Float32Array(4) } });
  });

  it('ends where bands of a spectrum reach further than numbers can count', async () => {
    const own = node('MelWeightMatrix', ['bands', 'n', 'rate', 'low', 'high'], ['y']);
    const whole = [scalar('bands', 'int64', 2), scalar('n', 'int64', 4), scalar('rate', 'int64', 8)];
    const limits = [scalar('low', 'float32', 0), scalar('high', 'float32', 3e38)];
    expect(await run(graphOf([own], [...whole, ...limits], ['y']))).toMatchObject({ y: { dims: [3, 2] } });
  });

  it('makes nothing of an axis without elements beside one that is longer than any memory', async () => {
    const own = node('Pad', ['nothing', 'pads'], ['y']);
    const initializers = [wide('nothing', [0, 1]), longs('pads', 0, 0, 0, 2 ** 40)];
    expect(await run(graphOf([own], initializers, ['y']))).toMatchObject({
      y: { dims: [0, 2 ** 40 + 1], data: new Float32Array(0) },
    });
  });

  it('does not count words to skip that no row has', async () => {
    const words = node('TfIdfVectorizer', ['words'], ['y'], {
      ...{ max_gram_length: { kind: 'int', value: 2 }, min_gram_length: { kind: 'int', value: 1 } },
      ...{ max_skip_count: { kind: 'int', value: 2 ** 53 }, mode: { kind: 'string', value: 'TF' } },
      ...{ ngram_counts: { kind: 'ints', value: [0, 1] }, ngram_indexes: { kind: 'ints', value: [0, 1] } },
      pool_int64s: { kind: 'ints', value: [7, 1, 3] },
    });
    const answer = await run(graphOf([words], [longs('words', 1, 2, 3)], ['y']));
    expect(answer).toMatchObject({ y: { data: Float32Array.of(0, 1) } });
  });
});

describe('a graph', () => {
  it('whose loop has no end is stopped', async () => {
    const body: OnnxGraph = {
      ...graphOf([node('Identity', ['going'], ['on']), node('Neg', ['value'], ['next'])], [], ['on', 'next']),
      inputs: [
        { name: 'turn', type: 'int64', dims: [] },
        { name: 'going', type: 'bool', dims: [] },
        { name: 'value', type: 'float32', dims: [1] },
      ],
    };
    const loop = node('Loop', ['', '', 'one'], ['y'], { body: { kind: 'graph', value: body } });
    await expect(run(graphOf([loop], [one], ['y']))).rejects.toMatchObject({ code: 'TRS_ONNX_LIMIT' });
    // One that nothing reads is not run.
    const unread = node('Loop', ['', '', 'one'], ['x'], { body: { kind: 'graph', value: body } });
    await expect(
      run(graphOf([unread, node('Identity', ['one'], ['y'])], [one], ['y'])),
    ).resolves.toBeDefined();
  });

  it('that goes round in a circle, or names two values alike, is refused', async () => {
    const circle = [node('Add', ['one', 'b'], ['a']), node('Add', ['one', 'a'], ['b'])];
    await expect(openSession(modelOf(graphOf(circle, [one], ['a'])))).rejects.toMatchObject({
      code: 'TRS_ONNX_ORDER',
    });
    const twice = [node('Neg', ['one'], ['a']), node('Abs', ['one'], ['a'])];
    await expect(openSession(modelOf(graphOf(twice, [one], ['a'])))).rejects.toMatchObject({
      code: 'TRS_ONNX_DUPLICATE',
    });
  });

  it('in which one value is read by tens of thousands of nodes is opened and run', async () => {
    const sums = Array.from({ length: 40_000 }, (_, i) =>
      node('Add', [i === 0 ? 'one' : `sum${i}`, 'one'], [`sum${i + 1}`]),
    );
    const found = await run(graphOf(sums, [one], ['sum40000']));
    expect(found).toMatchObject({ sum40000: { data: Float32Array.of(40_001) } });
  });

  it('of graphs three thousand deep in each other is refused', () => {
    let graph = new Uint8Array();
    for (let depth = 0; depth < 3_000; depth++) {
      const inner = graph;
      const attribute = new PbfWriter();
      attribute.writeStringField(1, 'then_branch');
      attribute.writeBytesField(6, inner);
      attribute.writeVarintField(20, 5);
      const own = new PbfWriter();
      own.writeStringField(4, 'If');
      own.writeBytesField(5, attribute.finish());
      const around = new PbfWriter();
      around.writeBytesField(1, own.finish());
      graph = new Uint8Array(around.finish());
    }
    const model = new PbfWriter();
    model.writeVarintField(1, 8);
    model.writeBytesField(7, graph);
    model.writeBytesField(8, Uint8Array.of(16, 18));
    expect(() => readModel(model.finish())).toThrowError(
      expect.objectContaining({ code: 'TRS_ONNX_TOO_LARGE' }),
    );
  });

  it('whose function calls itself is refused', async () => {
    const model: OnnxModel = {
      ...modelOf(graphOf([{ ...node('Again', ['one'], ['y']), domain: 'own' }], [one], ['y'])),
      opsets: [
        { domain: '', version: 18 },
        { domain: 'own', version: 1 },
      ],
      functions: [
        {
          ...{ name: 'Again', domain: 'own', overload: '', inputs: ['x'], outputs: ['z'], attributes: {} },
          nodes: [{ ...node('Again', ['x'], ['z']), domain: 'own' }],
          opsets: [{ domain: 'own', version: 1 }],
        },
      ],
    };
    await expect(openSession(model)).rejects.toMatchObject({ code: 'TRS_ONNX_NODE' });
  });

  it('with a tensor of a negative or gigantic shape is refused', () => {
    for (const dims of [[-1], [2 ** 40, 2 ** 40]]) {
      const bytes = writeModel(modelOf(graphOf([], [{ ...one, dims }], [])));
      expect(() => readModel(bytes)).toThrowError(
        expect.objectContaining({ code: expect.stringMatching(/MALFORMED|TOO_LARGE/) }),
      );
    }
  });
});

const CASES = conformanceCases().filter(({ kind, name }) => kind === 'node' && !/loop|scan/.test(name));
const TURNS = 3_000;

// A million and more are done by hand: test/fuzz/fuzz.ts.
describe.skipIf(CASES.length === 0)('a file or a graph that was changed', () => {
  it(`is run or refused by an error of ours, ${TURNS} times`, async () => {
    let ran = 0;
    for (let at = 0; at < TURNS; at++) {
      const next = numbers(at);
      const one = CASES[next(CASES.length)];
      if (!one) continue;
      try {
        if ((await turn(modelBytes(one), next)) === 'ran') ran++;
      } catch (thrown) {
        throw new Error(`Turn ${at}, ${one.name}`, { cause: thrown });
      }
    }
    expect(ran).toBeGreaterThan(300);
  }, 120_000);
});
