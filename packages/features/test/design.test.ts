import { graphBuilder, openSession } from '@trestle/onnx';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buckets,
  cross,
  date,
  designColumns,
  designPart,
  encodeDesign,
  hash,
  impute,
  oneHot,
  ordinal,
  scale,
  text,
  tokens,
} from '../src/index.ts';

const DAY = 86_400_000;
const features = [
  impute.bind({ kind: 'impute', name: 'speed or 120', column: 'speed', impute: 120, flag: true }),
  impute.bind({ kind: 'impute', name: 'at or then', column: 'at', impute: 1e12, flag: false }),
  scale.bind({ kind: 'scale', name: 'speed', column: 'speed', impute: 120, offset: 110, scale: 1 / 30 }),
  buckets.bind({ kind: 'buckets', name: 'fast', column: 'speed', impute: 120, edges: [80, 120, 200] }),
  date.bind({ kind: 'date', name: 'week', column: 'at', impute: 0, period: 7 * DAY }),
  oneHot.bind({ kind: 'oneHot', name: 'size', column: 'size', categories: ['', 'small', 'large'] }),
  ordinal.bind({
    kind: 'ordinal',
    name: 'damage by size',
    column: 'size',
    keys: ['small', 'large'],
    values: [0.1, 0.7],
    otherwise: 0.3,
  }),
  hash.bind({ kind: 'hash', name: 'airport', column: 'airport', buckets: 7 }),
  cross.bind({
    kind: 'cross',
    name: 'size x airport',
    columns: ['size', 'airport'],
    categories: [
      ['small', 'large'],
      ['JFK', 'LAX', '東京'],
    ],
    pairs: [
      [0, 0],
      [1, 2],
    ],
  }),
  text.bind({
    kind: 'text',
    name: 'remarks',
    column: 'remarks',
    terms: [
      { words: ['gull'], column: 0 },
      { words: ['Gull'], column: 0 },
      { words: ['engine'], column: 1 },
      { words: ['gull', 'engine'], column: 2 },
    ],
    weights: [1.5, 2.25, 3],
  }),
  tokens.bind({
    kind: 'tokens',
    name: 'words',
    column: 'remarks',
    length: 3,
    words: [
      ['gull', 2],
      ['Gull', 2],
      ['hit', 3],
    ],
  }),
];
const width = designColumns(features).length;

/** The design matrix, as the graph computes it. */
const part = designPart(features);
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
    outputs: [{ name: out, type: 'float32', dims: ['batch', width] }],
  },
  metadata: {},
});

const row = fc.record({
  speed: fc.oneof(fc.double({ min: -1e5, max: 1e5, noNaN: true }), fc.constantFrom(Number.NaN, 80, 120, 200)),
  at: fc.oneof(fc.integer({ min: 0, max: 2e12 }), fc.constant(Number.NaN)),
  size: fc.constantFrom('', 'small', 'large', 'unseen', '__proto__'),
  airport: fc.oneof(fc.constantFrom('', 'JFK', 'LAX', '東京'), fc.string({ unit: 'grapheme' })),
  remarks: fc.oneof(
    fc
      .array(fc.constantFrom('gull', 'Gull', 'engine', 'hit', '  ', ''), { maxLength: 6 })
      .map((words) => words.join(' ')),
    fc.string(),
  ),
});

describe('declared features', () => {
  it('are computed by the graph as training computed them, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
        const of = <K extends keyof (typeof rows)[0]>(name: K) => rows.map((one) => one[name]);
        const columns = {
          speed: of('speed'),
          at: of('at'),
          size: of('size'),
          airport: of('airport'),
          remarks: of('remarks'),
        };
        const { matrix } = encodeDesign(features, columns, rows.length);
        const dims = [rows.length, 1];
        const { [out]: found } = await session.run({
          speed: { type: 'float32', dims, data: Float32Array.from(columns.speed) },
          at: { type: 'float32', dims, data: Float32Array.from(columns.at) },
          size: { type: 'string', dims, data: columns.size },
          airport: { type: 'string', dims, data: columns.airport },
          remarks: { type: 'string', dims, data: columns.remarks },
        });
        expect(found?.data).toHaveLength(matrix.length);
        for (const [at, value] of matrix.entries()) {
          const computed = Number(found?.data?.[at]);
          expect(
            Math.abs(computed - value),
            `${designColumns(features)[at % width]}: ${computed} and ${value}`,
          ).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(value)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('mean what they say', () => {
    const columns = {
      speed: [150],
      at: [1.75 * DAY],
      size: ['large'],
      airport: ['東京'],
      remarks: ['Gull  engine gull engine'],
    };
    const { matrix } = encodeDesign(features, columns, 1);
    const named = Object.fromEntries(designColumns(features).map((name, at) => [name, matrix[at]]));
    expect(named).toMatchObject({
      'fast <= 80': 0,
      'fast <= 120': 0,
      'fast <= 200': 1,
      'fast beyond': 0,
      'size = large': 1,
      'size = small': 0,
      'size x airport = large & 東京': 1,
      'remarks ~ gull': 3,
      'remarks ~ engine': 4.5,
      'remarks ~ gull engine': 3,
      'speed or 120': 150,
      'speed or 120 is missing': 0,
      'words [0]': 2,
      'words [1]': 1,
      'words [2]': 2,
    });
    expect(named['week (sine)']).toBeCloseTo(1, 5);
    expect(named.speed).toBeCloseTo(40 / 30, 5);
    expect(named['damage by size']).toBeCloseTo(0.7, 6);
  });
});
