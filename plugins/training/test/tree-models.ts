import type { Task } from '@trestle/contracts';
import { treeEnsemble } from '@trestle/formats';
import { graphBuilder, writeModel } from '@trestle/onnx';
import { boost, type Forest } from '@trestle/trees';

/** A forest as the graph that models have behind their design of three columns. */
export function modelOf(forest: Forest, task: Task): Uint8Array {
  const graph = graphBuilder([
    { domain: '', version: 18 },
    { domain: 'ai.onnx.ml', version: 3 },
  ]);
  const output = treeEnsemble(forest)(graph, 'design');
  return writeModel({
    irVersion: 8,
    producer: 'trestle',
    opsets: graph.opsets(),
    graph: {
      name: task,
      nodes: graph.nodes,
      initializers: graph.initializers,
      inputs: [{ name: 'design', type: 'float32', dims: ['batch', 3] }],
      outputs: [{ name: output, type: 'float32', dims: ['batch', forest.outputs] }],
    },
    metadata: {},
  });
}

/** A forest as JSON keeps it: the numbers of each of its lists. */
export type WrittenForest = Pick<Forest, 'objective' | 'activation' | 'outputs' | 'width' | 'isFloat32'> & {
  readonly lists: Readonly<Record<string, readonly number[]>>;
};

export function readForest({ lists, ...about }: WrittenForest): Forest {
  const ints = (name: string) => Int32Array.from(lists[name] ?? []);
  // JSON has no word for a threshold that only missing values are beyond.
  const doubles = (name: string) =>
    Float64Array.from(lists[name] ?? [], (value) => value ?? Number.POSITIVE_INFINITY);
  return {
    ...about,
    ...{ categories: ints('categories'), roots: ints('roots'), features: ints('features') },
    ...{ setsAt: ints('setsAt'), left: ints('left'), right: ints('right'), rows: ints('rows') },
    ...{ initial: doubles('initial'), thresholds: doubles('thresholds'), values: doubles('values') },
    ...{ gains: doubles('gains'), covers: doubles('covers') },
    sets: Uint32Array.from(lists.sets ?? []),
    missingLeft: Uint8Array.from(lists.missingLeft ?? []),
  };
}

/**
 * What `fixtures/tree-models.py` reads: forests of a made table with missing values and categories, by task, and the models that they
 * become, in base64.
 */
export async function makeFixture(): Promise<
  readonly { readonly task: Task; readonly forest: WrittenForest; readonly model: string }[]
> {
  const rows = 400;
  let state = 7;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const matrix = Float32Array.from({ length: rows * 3 }, (_, at) =>
    at % 3 === 2 ? Math.floor(12 * next()) : next() < 0.15 ? Number.NaN : Math.round(100 * next()) / 10,
  );
  const targets = Array.from(
    { length: rows },
    (_, row) => (matrix[3 * row] || 3) - 5 + 3 * Number([1, 4, 9].includes(matrix[3 * row + 2] ?? 0)),
  );
  const examples = { rows, width: 3, matrix, categories: [0, 0, 12] };
  const options = { rounds: 4, leaves: 8, minRows: 5 };
  const boosted = {
    regression: boost({ ...examples, targets }, { ...options, objective: 'squaredError' }),
    binary: boost(
      { ...examples, targets: targets.map((one) => Number(one > 0)) },
      { ...options, objective: 'logistic' },
    ),
    multiclass: boost(
      { ...examples, targets: targets.map((one) => (one < -2 ? 0 : one < 1 ? 1 : 2)) },
      { ...options, objective: 'softmax', classes: 3 },
    ),
  };
  return await Promise.all(
    (['regression', 'binary', 'multiclass'] as const).map(async (task) => {
      const { forest } = await boosted[task];
      const { objective, activation, outputs, width, isFloat32, vectors: _, ...typed } = forest;
      const lists = Object.fromEntries(
        Object.entries(typed).map(([name, list]) => [name, Array.from<number>(list)]),
      );
      return {
        task,
        forest: { objective, activation, outputs, width, isFloat32, lists },
        model: Buffer.from(modelOf(forest, task)).toString('base64'),
      };
    }),
  );
}
