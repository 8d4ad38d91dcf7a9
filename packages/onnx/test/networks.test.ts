import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { graphBuilder, int, ints } from '../src/format/graph-builder.ts';
import type { Attribute, OnnxModel } from '../src/format/model.ts';
import { readModel } from '../src/format/read-model.ts';
import { writeModel } from '../src/format/write-model.ts';
import { openSession, type Session } from '../src/session/session.ts';

ort.env.wasm.numThreads = 1;

const float = (value: number): Attribute => ({ kind: 'float', value });
const text = (value: string): Attribute => ({ kind: 'string', value });
const image = (seed: number): Float32Array =>
  Float32Array.from({ length: 3 * 17 * 17 }, (_, i) => Math.sin(i * 12.9898 + seed));

/**
 * An image network as exporters wrote it at the time of an operator set: what AlexNet, DenseNet, Inception, ResNet, ShuffleNet,
 * SqueezeNet, VGG and ZFNet are made of, once each. The numbers are the same at each set.
 */
function network(opset: number): Uint8Array {
  const graph = graphBuilder([{ domain: '', version: opset }]);
  let seed = 0;
  const weight = (dims: number[], middle = 0, spread = 0.3): string => {
    seed += 1;
    const data = Float32Array.from(
      { length: dims.reduce((a, b) => a * b, 1) },
      (_, i) => middle + spread * Math.sin(i * 78.233 + seed),
    );
    return graph.constant('float32', dims, data);
  };
  const add = (operator: string, inputs: string[], attributes = {}, outputs = 1): string =>
    graph.add(operator, inputs, attributes, '', outputs);
  const square = (size: number, stride: number, pads: number[]): Record<string, Attribute> => ({
    kernel_shape: ints(size, size),
    strides: ints(stride, stride),
    pads: ints(...pads),
  });
  const normalised = (x: string): string =>
    add('BatchNormalization', [x, weight([8], 1), weight([8]), weight([8]), weight([8], 1)], {
      epsilon: float(1e-5),
      momentum: float(0.9),
      ...(opset < 6 && { consumed_inputs: ints(0, 0, 0, 1, 1) }),
      ...(opset < 7 && { is_test: int(1) }),
      ...(opset < 9 && { spatial: int(1) }),
    });
  const affine = (x: string): string => {
    const laid = (operator: string, to: string, one: string): string =>
      opset < 7
        ? add(operator, [to, one], { broadcast: int(1), axis: int(1) })
        : add(operator, [to, add('Unsqueeze', [one], { axes: ints(1, 2) })]);
    return laid('Add', laid('Mul', x, weight([8], 1)), weight([8]));
  };
  const reshaped = (x: string, ...shape: number[]): string =>
    opset < 5
      ? add('Reshape', [x], { shape: ints(...shape) })
      : add('Reshape', [x, graph.constant('int64', [shape.length], shape)]);
  // The mask is an output that nothing reads.
  const dropped = (x: string): string =>
    opset < 12
      ? add('Dropout', [x], { ratio: float(0.5), ...(opset < 7 && { is_test: int(1) }) }, 2)
      : add('Dropout', [x, graph.constant('float32', [], [0.5])], {}, 2);
  const joined = (...parts: string[]): string => add('Concat', parts, opset < 4 ? {} : { axis: int(1) });

  const stem = add('Conv', ['data_0', weight([8, 3, 3, 3]), weight([8])], square(3, 2, [1, 1, 1, 1]));
  const first = add('Relu', [affine(normalised(stem))]);
  const local = add('LRN', [first], {
    ...{ size: int(3), alpha: float(0.01), beta: float(0.75), bias: float(2) },
  });
  const small = add('MaxPool', [local], square(3, 2, [0, 0, 1, 1]));
  const grouped = add('Conv', [small, weight([8, 4, 1, 1])], {
    ...square(1, 1, [0, 0, 0, 0]),
    group: int(2),
  });
  const shuffled = reshaped(
    add('Transpose', [reshaped(grouped, 1, 2, 4, 4, 4)], { perm: ints(0, 2, 1, 3, 4) }),
    ...[1, 8, 4, 4],
  );
  const deep = add('Conv', [shuffled, weight([8, 1, 3, 3])], {
    ...square(3, 1, [1, 1, 1, 1]),
    group: int(8),
  });
  const residual = add('Sum', [deep, small]);
  const branches = joined(
    dropped(residual),
    add('AveragePool', [residual], square(3, 1, [1, 1, 1, 1])),
    add('AveragePool', [residual], {
      ...{ kernel_shape: ints(2, 2), auto_pad: text('SAME_UPPER'), strides: ints(1, 1) },
    }),
    add('MaxPool', [residual], {
      ...{ kernel_shape: ints(3, 3), auto_pad: text('SAME_LOWER'), strides: ints(1, 1) },
    }),
  );
  const spread = add('Softmax', [add('GlobalAveragePool', [branches])]);
  const flat = reshaped(add('MaxPool', [branches], square(2, 2, [0, 0, 0, 0])), 1, 128);
  const scores = add('Gemm', [flat, weight([10, 128]), weight([10])], {
    transB: int(1),
    ...(opset < 7 && { broadcast: int(1) }),
  });
  const classes = add('Softmax', [dropped(scores)]);
  const named = (name: string): string => (name === 'data_0' ? name : `gpu_0/${name}`);
  const info = (name: string, dims: readonly number[]) => ({
    name: named(name),
    type: 'float32' as const,
    dims,
  });
  return writeModel({
    irVersion: 3,
    opsets: graph.opsets(),
    producer: 'onnx-caffe2',
    metadata: {},
    graph: {
      name: 'network',
      nodes: graph.nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(named),
        outputs: node.outputs.map(named),
      })),
      initializers: graph.initializers.map((one) => ({ ...one, name: named(one.name) })),
      // Up to IR version 3 an initializer is an input too.
      inputs: [
        info('data_0', [1, 3, 17, 17]),
        ...graph.initializers.map((one) => ({ ...info(one.name, one.dims), type: one.type })),
      ],
      outputs: [info(spread, [1, 32, 1, 1]), info(classes, [1, 10])],
    },
  } satisfies OnnxModel);
}

/** ONNX Runtime knows operator sets from 7 on; before, the same network was written in other words. */
async function expected(opset: number): Promise<readonly Float32Array[]> {
  const session = await ort.InferenceSession.create(network(Math.max(7, opset)));
  const found = await session.run({ data_0: new ort.Tensor('float32', image(1), [1, 3, 17, 17]) });
  return session.outputNames.map((name) => found[name]?.data as Float32Array);
}

describe.each([3, 6, 7, 8, 9, 12])('an image network of operator set %i', (opset) => {
  let wanted: readonly Float32Array[];
  beforeAll(async () => {
    wanted = await expected(opset);
  });

  it.each([
    ['as it chooses', undefined],
    ['on the core', 0],
  ])('gives what ONNX Runtime gives, %s', async (_, coreWork) => {
    const model = readModel(network(opset));
    const before = model.graph.initializers.map(({ data }) => [...data]);
    const session = await openSession(model, coreWork === undefined ? {} : { coreWork });
    expect(session.inputs.map(({ name }) => name)).toEqual(['data_0']);
    const data = image(1);
    const found = await session.run({ data_0: { type: 'float32', dims: [1, 3, 17, 17], data } });
    for (const [index, { name }] of session.outputs.entries()) {
      const values = Array.from(found[name]?.data ?? [], Number);
      expect(values).toHaveLength(wanted[index]?.length ?? -1);
      values.forEach((value, at) => {
        const other = wanted[index]?.[at] ?? Number.NaN;
        expect(Math.abs(value - other), `${name}[${at}]`).toBeLessThan(1e-5 + 1e-3 * Math.abs(other));
      });
    }
    // What is fed and the weights are taken as they lie: a run writes over neither.
    expect(data).toEqual(image(1));
    expect(model.graph.initializers.map((one) => [...one.data])).toEqual(before);
  });

  it('gives the same when it is recorded, of other images, at once and in turn', async () => {
    const run = async (session: Session, seed: number): Promise<unknown> =>
      await session.run({ data_0: { type: 'float32', dims: [1, 3, 17, 17], data: image(seed) } });
    const open = async (): Promise<Session> => await openSession(readModel(network(opset)), { coreWork: 0 });
    const unrecorded = await Promise.all([1, 2, 3].map(async (seed) => await run(await open(), seed)));
    const session = await open();
    await run(session, 4);
    expect(await Promise.all([1, 2, 3].map((seed) => run(session, seed)))).toEqual(unrecorded);
    expect(await run(session, 2)).toEqual(unrecorded[1]);
  });
});

it('computes node by node where a shape within is another than that recorded', async () => {
  const graph = graphBuilder([{ domain: '', version: 13 }]);
  const kept = graph.add('Compress', ['x', 'which'], { axis: int(0) });
  const weight = graph.constant('float32', [2, 2], Float32Array.of(1, 2, 3, 4));
  const y = graph.add('Relu', [graph.add('MatMul', [graph.add('Neg', [kept]), weight])]);
  const model = {
    ...{ irVersion: 8, opsets: graph.opsets(), producer: '', metadata: {} },
    graph: {
      ...{ name: 'g', nodes: graph.nodes, initializers: graph.initializers },
      inputs: [
        { name: 'x', type: 'float32', dims: [3, 2] },
        { name: 'which', type: 'bool', dims: [3] },
      ],
      outputs: [{ name: y, type: 'float32', dims: ['rows', 2] }],
    },
  } satisfies OnnxModel;
  const session = await openSession(model, { coreWork: 0 });
  const run = async (...which: number[]): Promise<unknown> => {
    const x = { type: 'float32' as const, dims: [3, 2], data: Float32Array.of(-1, 0, 0, -1, -1, -1) };
    const found = await session.run({ x, which: { type: 'bool', dims: [3], data: Uint8Array.from(which) } });
    return found[y]?.data;
  };
  expect(await run(1, 1, 0)).toEqual(Float32Array.of(1, 2, 3, 4));
  expect(await run(0, 1, 1)).toEqual(Float32Array.of(3, 4, 4, 6));
  expect(await run(0, 0, 1)).toEqual(Float32Array.of(4, 6));
  expect(await run(1, 1, 1)).toEqual(Float32Array.of(1, 2, 3, 4, 4, 6));
});

it('keeps what it made of a weight for nodes behind a recorded stretch', async () => {
  const graph = graphBuilder([{ domain: '', version: 12 }]);
  const scale = graph.add('Unsqueeze', [graph.constant('float32', [2], [2, -3])], { axes: ints(1) });
  const product = graph.add('Relu', [graph.add('Mul', [graph.add('MatMul', ['x', 'x']), scale])]);
  // The core has no Max.
  const y = graph.add('Max', [product, scale, graph.constant('float32', [1], [-1])]);
  const info = (name: string) => ({ name, type: 'float32' as const, dims: [2, 2] });
  const model = {
    ...{ irVersion: 8, opsets: graph.opsets(), producer: '', metadata: {} },
    graph: {
      ...{ name: 'g', nodes: graph.nodes, initializers: graph.initializers },
      ...{ inputs: [info('x')], outputs: [info(y)] },
    },
  } satisfies OnnxModel;
  const session = await openSession(model, { coreWork: 0 });
  const x = { type: 'float32' as const, dims: [2, 2], data: Float32Array.of(1, 2, 0, -1) };
  for (let turn = 0; turn < 3; turn++) {
    const { data } = (await session.run({ x }))[y] ?? {};
    // Adding 0 makes -0 the same.
    expect(Array.from<unknown, number>(data ?? [], (value) => Number(value) + 0)).toEqual([2, 2, 0, 0]);
  }
});
