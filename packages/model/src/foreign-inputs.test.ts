import { type ElementType, writeModel } from '@trestle/onnx';
import { describe, expect, it } from 'vitest';
import { openModel } from './model.ts';

/** A model made elsewhere that gives back what it is given. */
const echo = (type: ElementType) =>
  openModel(
    writeModel({
      irVersion: 8,
      producer: 'test',
      opsets: [{ domain: '', version: 17 }],
      metadata: {},
      graph: {
        name: 'echo',
        nodes: [
          { name: 'same', operator: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} },
        ],
        initializers: [],
        inputs: [{ name: 'x', type, dims: ['rows', 1] }],
        outputs: [{ name: 'y', type, dims: ['rows', 1] }],
      },
    }),
  );

describe('rows for a model that was made elsewhere', () => {
  it.each<[ElementType, readonly unknown[]]>([
    ['int64', [0, -7, Number.MAX_SAFE_INTEGER]],
    ['int32', [2 ** 31 - 1, -(2 ** 31)]],
    ['int8', [-128, 127]],
    ['uint8', [0, 255]],
    ['float64', [0.1, 1e-300]],
    ['float32', [0.5, -2]],
    ['string', ['a', '']],
  ])('reach it as it declares them: %s', async (type, values) => {
    const model = await echo(type);
    const found = await model.predict(values.map((x) => ({ x })));
    expect(found.map(({ y }) => y)).toEqual(values);
  });

  it('takes truths for bool', async () => {
    const model = await echo('bool');
    expect((await model.predict([{ x: true }, { x: false }])).map(({ y }) => Number(y))).toEqual([1, 0]);
    await expect(model.predict([{ x: 2 }])).rejects.toMatchObject({ code: 'TRS_MODEL_ROW_INVALID' });
  });

  it.each<[ElementType, unknown]>([
    ['int64', 1.5],
    ['int64', 2 ** 53],
    ['int32', 2 ** 31],
    ['int8', 128],
    ['uint8', -1],
  ])('are refused where the type has no such number: %s %s', async (type, x) => {
    const model = await echo(type);
    await expect(model.predict([{ x: 1 }, { x }])).rejects.toMatchObject({
      code: 'TRS_MODEL_ROW_INVALID',
      details: { row: 1, field: 'x' },
    });
  });
});
