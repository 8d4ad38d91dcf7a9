import { describe, expect, it } from 'vitest';
import {
  type Attribute,
  type ElementType,
  type OnnxModel,
  openSession,
  type TensorData,
} from '../src/index.ts';

type Input = Omit<TensorData, 'name'> | undefined;

const floats = (dims: readonly number[], ...data: number[]): Input => ({
  ...{ type: 'float32', dims },
  data: Float32Array.from(data),
});
const longs = (...data: number[]): Input => ({ type: 'int64', dims: [data.length], data });
const text = (value: string): Attribute => ({ kind: 'string', value });

async function run(operator: string, inputs: readonly Input[], attributes: Record<string, Attribute>) {
  const model: OnnxModel = {
    ...{ irVersion: 10, producer: 'test', opsets: [{ domain: '', version: 19 }], metadata: {} },
    graph: {
      name: 'one',
      nodes: [
        {
          ...{ name: 'node', operator, domain: '', attributes, outputs: ['y'] },
          inputs: inputs.map((input, at) => (input ? `x${at}` : '')),
        },
      ],
      initializers: inputs.flatMap((input, at) => (input ? [{ ...input, name: `x${at}` }] : [])),
      inputs: [],
      outputs: [{ name: 'y', type: 'float32' as ElementType, dims: [], isRankless: true }],
    },
  };
  const { y } = await (await openSession(model)).run({});
  return Array.from(y?.data ?? [], Number);
}

// Wrong answers of other runtimes that somebody reported; figures by NumPy 1.24 and by hand.
describe('what others were reported to get wrong', () => {
  it('the nearest element is that of the ratio of lengths, not of a rounded scale', async () => {
    const row = Array.from({ length: 26 }, (_, i) => i);
    const found = await run('Resize', [floats([1, 1, 26], ...row), undefined, undefined, longs(1, 1, 64)], {
      ...{ mode: text('nearest'), nearest_mode: text('floor') },
      coordinate_transformation_mode: text('asymmetric'),
    });
    expect(found).toEqual(Array.from({ length: 64 }, (_, i) => Math.floor((i * 26) / 64)));
  });

  it('a cubic that makes one of four weighs all four', async () => {
    // Weights at 1.5: -0.09375, 0.59375, 0.59375, -0.09375.
    const squares = Array.from({ length: 16 }, (_, i) => i * i);
    const found = await run(
      'Resize',
      [floats([1, 1, 4, 4], ...squares), undefined, undefined, longs(1, 1, 1, 1)],
      { mode: text('cubic') },
    );
    expect(found[0]).toBeCloseTo(54.125, 4);
  });

  it('a reflection goes back and forth where it is longer than the axis', async () => {
    expect(await run('Pad', [floats([3], 1, 2, 3), longs(5, 5)], { mode: text('reflect') })).toEqual([
      2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2,
    ]);
    expect(
      await run('Pad', [floats([2, 2], 1, 2, 3, 4), longs(0, 2, 0, 0)], { mode: text('reflect') }),
    ).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  });

  it('an average whose last window hangs over counts the padding, and not what is behind it', async () => {
    const found = await run('AveragePool', [floats([1, 1, 4], 1, 2, 3, 4)], {
      ...{ kernel_shape: { kind: 'ints', value: [3] }, strides: { kind: 'ints', value: [2] } },
      ...{ pads: { kind: 'ints', value: [1, 1] }, ceil_mode: { kind: 'int', value: 1 } },
      count_include_pad: { kind: 'int', value: 1 },
    });
    expect(found).toEqual([1, 3, 2]);
  });
});
