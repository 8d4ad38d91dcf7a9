import { openModel } from '@trestle/model';
import {
  type Attribute,
  coreExecutor,
  ELEMENT_TYPES,
  type ElementType,
  type Executor,
  type Feed,
  graphBuilder,
  type OnnxModel,
  type OnnxNode,
  type TensorData,
  writeModel,
} from '@trestle/onnx';
import { describe, expect, it } from 'vitest';
import { tinyModel } from './tiny-model.ts';

const value = (name: string, type: ElementType, dims: readonly (number | string)[]) => ({ name, type, dims });
const node = (
  operator: string,
  name: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
): OnnxNode => ({ operator, domain: '', name, inputs, outputs, attributes });

const modelOf = (graph: Omit<OnnxModel['graph'], 'name'>): OnnxModel => ({
  irVersion: 8,
  producer: 'contract',
  opsets: [{ domain: '', version: 17 }],
  graph: { name: 'contract', ...graph },
  metadata: {},
});

/** Values that other types would change: beyond 2^53, not a number, the last of their range. */
const TELLING: Readonly<Partial<Record<ElementType, TensorData['data']>>> = {
  float32: Float32Array.of(0.1, Number.NaN, -0),
  float64: Float64Array.of(0.1, 1e300, Number.NEGATIVE_INFINITY),
  int8: Int8Array.of(-128, 127, 0),
  uint8: Uint8Array.of(255, 1, 0),
  int16: Int16Array.of(-32_768, 32_767, 0),
  uint16: Uint16Array.of(65_535, 1, 0),
  int32: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0),
  uint32: Uint32Array.of(2 ** 32 - 1, 1, 0),
  int64: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n, 0n),
  uint64: BigUint64Array.of(2n ** 64n - 1n, 1n, 0n),
  bool: Uint8Array.of(1, 0, 1),
  string: ['ü', '', 'a\nb'],
};

/** [rows, 3] through a hidden layer and a softmax, as classifiers are. */
function layers(): OnnxModel {
  const waves = (length: number, seed: number) =>
    Float32Array.from({ length }, (_, at) => Math.sin(at * 1.7 + seed));
  const graph = graphBuilder([{ domain: '', version: 17 }]);
  const hidden = graph.add('Tanh', [
    graph.add('MatMul', ['x', graph.constant('float32', [3, 8], waves(24, 1))]),
  ]);
  const scores = graph.add('MatMul', [hidden, graph.constant('float32', [8, 4], waves(32, 2))]);
  const output = graph.add('Softmax', [scores], { axis: { kind: 'int', value: 1 } });
  return modelOf({
    nodes: graph.nodes,
    initializers: graph.initializers,
    inputs: [value('x', 'float32', ['rows', 3])],
    outputs: [value(output, 'float32', ['rows', 4])],
  });
}

const rowsOf = (rows: number): Feed => ({
  type: 'float32',
  dims: [rows, 3],
  data: Float32Array.from({ length: rows * 3 }, (_, at) => Math.cos(at * 0.9)),
});

/** What every executor must do. Call it inside a vitest file. */
export function executorContract(executor: Executor): void {
  const open = (model: OnnxModel) => executor.open({ bytes: writeModel(model), model });

  describe(`${executor.name}: executor contract`, () => {
    it('answers golden examples as the core does', async () => {
      const bytes = tinyModel(3);
      const [core, model] = [await openModel(bytes), await openModel(bytes, {}, executor)];
      expect(await model.verify()).toMatchObject({ verified: true });
      const rows = Array.from({ length: 20 }, (_, row) => ({ x: (row - 10) / 3 }));
      const [expected, found] = [await core.predict(rows), await model.predict(rows)];
      for (const [row, one] of expected.entries())
        expect(Number(found[row]?.probability)).toBeCloseTo(Number(one.probability), 5);
      await model.close();
      await model.close();
    });

    it('takes any number of rows, several runs at once, and gives each its own answer', async () => {
      const [core, session] = [
        await coreExecutor.open({ bytes: new Uint8Array(), model: layers() }),
        await open(layers()),
      ];
      const sizes = [1, 7, 2, 64, 1];
      const answers = await Promise.all(sizes.map((rows) => session.run({ x: rowsOf(rows) })));
      for (const [at, rows] of sizes.entries()) {
        const [expected] = Object.values(await core.run({ x: rowsOf(rows) }));
        const [found] = Object.values(answers[at] ?? {});
        expect([found?.type, found?.dims]).toEqual(['float32', [rows, 4]]);
        for (const [place, number] of (expected?.data ?? []).entries())
          expect(Number(found?.data?.[place])).toBeCloseTo(Number(number), 5);
      }
      await session.close();
    });

    it.each(ELEMENT_TYPES)('carries %s as it is, or refuses it by the name of the input', async (type) => {
      const model = modelOf({
        nodes: [node('Identity', 'same', ['given'], ['made'])],
        initializers: [],
        inputs: [value('given', type, [3])],
        outputs: [value('made', type, [3])],
      });
      const data = TELLING[type];
      const session = await executor.open({ bytes: writeModel(model), model }).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({
          code: expect.stringMatching(/^TRS_ONNX_/),
          message: expect.stringMatching(/given|same/),
        });
      });
      if (!session || data === undefined) return;
      const { made } = await session.run({ given: { type, dims: [3], data } });
      expect(made).toMatchObject({ type, dims: [3] });
      expect(Array.from<unknown>(made?.data ?? [])).toEqual(Array.from<unknown>(data));
      await session.close();
    });

    it('changes no text, or refuses the one that it would change', async () => {
      const model = modelOf({
        nodes: [node('Identity', 'same', ['given'], ['made'])],
        initializers: [],
        inputs: [value('given', 'string', [1])],
        outputs: [value('made', 'string', [1])],
      });
      const session = await executor.open({ bytes: writeModel(model), model }).catch(() => undefined);
      if (!session) return;
      const asked = session.run({ given: { type: 'string', dims: [1], data: ['a\u0000b'] } });
      const told = await asked.then(
        ({ made }) => made?.data?.[0],
        (thrown: { readonly code?: string }) => thrown.code,
      );
      expect(['a\u0000b', 'TRS_ONNX_FEED']).toContain(told);
      await session.close();
    });

    it.each([
      ['that is missing', {}, 'x'],
      ['that the model has not', { x: rowsOf(1), other: rowsOf(1) }, 'other'],
      ['of another type', { x: { type: 'float64', dims: [1, 3], data: new Float64Array(3) } }, 'x'],
      ['of another shape', { x: { type: 'float32', dims: [1, 2], data: new Float32Array(2) } }, 'x'],
      [
        'that its shape does not fit',
        { x: { type: 'float32', dims: [2, 3], data: new Float32Array(3) } },
        'x',
      ],
    ] as const)('refuses an input %s, by its name', async (_, feeds, name) => {
      const session = await open(layers());
      await expect(session.run(feeds as Readonly<Record<string, Feed>>)).rejects.toMatchObject({
        code: 'TRS_ONNX_FEED',
        message: expect.stringContaining(`"${name}"`),
      });
      await session.close();
    });

    it('says which node cannot be run', async () => {
      const session = await open(
        modelOf({
          nodes: [node('Gather', 'picked', ['table', 'at'], ['row'])],
          initializers: [{ name: 'table', type: 'float32', dims: [2], data: Float32Array.of(1, 2) }],
          inputs: [value('at', 'int64', [1])],
          outputs: [value('row', 'float32', [1])],
        }),
      );
      const at = { type: 'int64', dims: [1], data: BigInt64Array.of(7n) } as const;
      await expect(session.run({ at })).rejects.toMatchObject({
        code: 'TRS_ONNX_NODE',
        message: expect.stringContaining('picked'),
      });
      expect((await session.run({ at: { ...at, data: BigInt64Array.of(1n) } })).row?.data?.[0]).toBe(2);
      await session.close();
    });

    it('refuses a model that it does not know, when it is opened', async () => {
      const unknown = { ...layers().graph, nodes: [node('NoSuchOperator', 'what', ['x'], ['y'])] };
      await expect(
        open(modelOf({ ...unknown, outputs: [value('y', 'float32', ['rows', 4])] })),
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^TRS_ONNX_/),
      });
    });

    it('ends a run that is not wanted any more, with the reason', async () => {
      const session = await open(layers());
      const reason = new Error('told to stop');
      await expect(session.run({ x: rowsOf(1) }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(Object.keys(await session.run({ x: rowsOf(1) }))).toHaveLength(1);
      await session.close();
    });
  });
}
