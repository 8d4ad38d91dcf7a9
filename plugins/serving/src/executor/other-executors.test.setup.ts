import { coreExecutor, type Executor } from '@trestle/onnx';

/** Executors for tests, each a module by what stands behind the question mark of its address. */
const BEHAVIOURS: Readonly<Record<string, Executor>> = {
  /** Gives what the core gives, later than it. */
  late: {
    name: 'late',
    async open(input) {
      const session = await coreExecutor.open(input);
      const run: typeof session.run = async (feeds, options) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return await session.run(feeds, options);
      };
      return { ...session, run };
    },
  },
  /** Is quick, and wrong. */
  wrong: {
    name: 'wrong',
    open: async ({ model: { graph } }) => ({
      inputs: graph.inputs,
      outputs: graph.outputs,
      run: async (feeds) => {
        const [rows = 1] = Object.values(feeds)[0]?.dims ?? [];
        return Object.fromEntries(
          graph.outputs.map(({ name }) => [
            name,
            { name, type: 'float32', dims: [rows, 1], data: new Float32Array(rows).fill(0.125) },
          ]),
        );
      },
      close: async () => {},
    }),
  },
};

export default BEHAVIOURS[new URL(import.meta.url).search.slice(1)];
