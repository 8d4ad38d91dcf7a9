import { graphBuilder, int, ints } from '../format/graph-builder.ts';
import type { OnnxModel } from '../format/model.ts';
import { readModel } from '../format/read-model.ts';
import { openSession } from '../session/session.ts';

const wave = (size: number, seed: number): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed) * (1 + (i % 7)));

/** A network of a convolution, a table of embeddings, a product and a Gemm, with weights of a thousand values and more each. */
export function network(opset = 17): OnnxModel {
  const g = graphBuilder([{ domain: '', version: opset }]);
  const weight = (seed: number, ...dims: number[]): string =>
    g.constant(
      'float32',
      dims,
      wave(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ),
    );
  const conv = g.add('Relu', [g.add('Conv', ['x', weight(1, 16, 8, 3, 3)], { pads: ints(1, 1, 1, 1) })]);
  const flat = g.add('Flatten', [conv], { axis: int(1) });
  const words = g.add('Gather', [weight(2, 64, 40), 'ids']);
  const product = g.add('MatMul', [g.add('Concat', [flat, words], { axis: int(1) }), weight(3, 296, 24)]);
  const output = g.add('Gemm', [product, weight(4, 48, 24), weight(5, 48)], { transB: int(1) });
  return {
    irVersion: 8,
    opsets: g.opsets(),
    producer: 'test',
    metadata: {},
    graph: {
      name: 'test',
      inputs: [
        { name: 'x', type: 'float32', dims: ['n', 8, 4, 4] },
        { name: 'ids', type: 'int64', dims: ['n'] },
      ],
      outputs: [{ name: output, type: 'float32', dims: ['n', 48] }],
      initializers: g.initializers,
      nodes: g.nodes,
    },
  };
}

export const feeds = (n: number) => ({
  x: { type: 'float32', dims: [n, 8, 4, 4], data: wave(n * 128, 6) } as const,
  ids: {
    type: 'int64',
    dims: [n],
    data: BigInt64Array.from({ length: n }, (_, i) => BigInt(i * 5)),
  } as const,
});

export async function answers(bytes: Uint8Array, n: number): Promise<number[]> {
  const session = await openSession(readModel(bytes));
  let last: number[] = [];
  // The third run is one that was recorded.
  for (let run = 0; run < 3; run++)
    last = Object.values(await session.run(feeds(n))).flatMap(({ data }) => Array.from(data ?? [], Number));
  return last;
}

/** The largest difference, as a share of the largest number. */
export const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)))) / Math.max(...b.map(Math.abs));
