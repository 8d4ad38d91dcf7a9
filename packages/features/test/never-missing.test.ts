import { graphBuilder, openSession } from '@trestle/onnx';
import { describe, expect, it } from 'vitest';
import {
  designColumns,
  designPart,
  encodeDesign,
  plainFeatures,
  type Table,
  usualFeatures,
} from '../src/index.ts';

const names = { numbers: ['whole', 'holed', 'isNight'], strings: ['size', 'colour'] };
const table: Table = {
  rows: 6,
  columns: {
    whole: { type: 'number', values: Float64Array.of(1, 2, 3, 4, 5, 60) },
    holed: { type: 'number', values: Float64Array.of(1, 2, 3, 4, 5, Number.NaN) },
    isNight: { type: 'boolean', values: Float64Array.of(1, 1, 0, 1, 1, 0) },
    size: { type: 'string', values: ['s', 'l', 'l', 's', 'l', 'm'] },
    colour: { type: 'string', values: ['red', '', '', 'red', 'blue', ''] },
  },
};
const from = { table, targets: Float64Array.of(0, 1, 0, 1, 0, 1), classes: ['no', 'yes'] };

describe.each([
  ['scaled', usualFeatures],
  ['plain', plainFeatures],
])('a column without missing values, %s', (_, features) => {
  const learnt = features(names).flatMap((feature) => feature.learn(from));
  const nothing = {
    whole: [Number.NaN],
    holed: [Number.NaN],
    isNight: [Number.NaN],
    size: [''],
    colour: [''],
  };
  const usual = { ...nothing, whole: [3.5], isNight: [1], size: ['l'] };

  it('has its median, or its most frequent value, where one is missing after all', () => {
    const { matrix, width } = encodeDesign(learnt, nothing, 1);
    expect(matrix).toEqual(encodeDesign(learnt, usual, 1).matrix);
    expect(matrix).toHaveLength(width);
    expect(designColumns(learnt).filter((name) => name.endsWith('is missing'))).toEqual(
      features === usualFeatures ? ['holed is missing'] : [],
    );
  });

  it('has it in the graph, too', async () => {
    const part = designPart(learnt);
    const graph = graphBuilder([
      { domain: '', version: 18 },
      { domain: 'ai.onnx.ml', version: 3 },
    ]);
    const out = part.design(graph);
    const session = await openSession({
      irVersion: 8,
      producer: 'test',
      opsets: graph.opsets(),
      graph: {
        name: 'design',
        nodes: graph.nodes,
        initializers: graph.initializers,
        inputs: part.inputs,
        outputs: [{ name: out, type: 'float32', dims: ['batch', designColumns(learnt).length] }],
      },
      metadata: {},
    });
    const dims = [1, 1];
    const number = (value: number) => ({ type: 'float32' as const, dims, data: Float32Array.of(value) });
    const { [out]: found } = await session.run({
      whole: number(Number.NaN),
      holed: number(Number.NaN),
      isNight: number(Number.NaN),
      size: { type: 'string', dims, data: [''] },
      colour: { type: 'string', dims, data: [''] },
    });
    for (const [at, value] of encodeDesign(learnt, nothing, 1).matrix.entries()) {
      const computed = Number(found?.data?.[at]);
      if (Number.isNaN(value)) expect(computed).toBeNaN();
      else expect(computed).toBeCloseTo(value, 5);
    }
  });
});
