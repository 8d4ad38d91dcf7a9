import { arrayTypeOf, type ElementType } from '../format/element-types.ts';
import { isTensorType, type TensorData, type ValueInfo } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import { checkFeeds } from '../session/check-feeds.ts';
import type { Executor } from './executor.ts';

/** What is used of ONNX Runtime: the same in each of its packages for JavaScript. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<RuntimeSession>;
  };
  readonly Tensor: new (type: string, data: RuntimeData, dims: readonly number[]) => RuntimeTensor;
}

type RuntimeData = Exclude<TensorData['data'], readonly (number | bigint)[]> | readonly string[];

interface RuntimeTensor {
  readonly dims: readonly number[];
  readonly data: RuntimeData;
}

interface RuntimeSession {
  run(feeds: Readonly<Record<string, RuntimeTensor>>): Promise<Readonly<Record<string, RuntimeTensor>>>;
  release(): Promise<void>;
}

/** Element types that cross over as they are; half floats and smaller ones have other arrays there. */
const CARRIED: readonly ElementType[] = [
  'float32',
  'float64',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'bool',
  'string',
];

/** Each thread that runs models has a session: more threads within one would take turns with them. */
const OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 };

/**
 * An executor of ONNX Runtime.
 *
 * @param load gives the module, when the first model is opened
 */
export const onnxRuntime = (name: string, load: () => Promise<OnnxRuntime>): Executor => ({
  name,
  async open({ bytes, model: { graph } }) {
    for (const value of [...graph.inputs, ...graph.outputs]) checkCarried(name, value);
    const { InferenceSession, Tensor } = await load();
    const session = await InferenceSession.create(bytes, OPTIONS).catch((cause: unknown) => {
      throw executorError(`${name} cannot open the model: ${wordsOf(cause)}.`);
    });
    let isOpen = true;
    return {
      inputs: graph.inputs,
      outputs: graph.outputs,
      async run(feeds, { signal } = {}) {
        checkFeeds(graph.inputs, feeds);
        for (const [input, feed] of Object.entries(feeds)) checkTexts(name, input, feed.data ?? []);
        signal?.throwIfAborted();
        const given = Object.entries(feeds).map(
          ([input, feed]) => [input, new Tensor(feed.type, dataOf(feed), feed.dims ?? [])] as const,
        );
        const found = await session.run(Object.fromEntries(given)).catch((cause: unknown) => {
          throw nodeError(name, cause);
        });
        signal?.throwIfAborted();
        return Object.fromEntries(
          graph.outputs.map(({ name: output, type }) => {
            const made = found[output];
            if (!made || !isTensorType(type)) throw executorError(`${name} gives no output "${output}".`);
            return [output, { name: output, type, dims: [...made.dims], data: made.data }];
          }),
        );
      },
      async close() {
        if (isOpen) await session.release();
        isOpen = false;
      },
    };
  },
});

function checkCarried(executor: string, { name, type }: ValueInfo): void {
  if (isTensorType(type) && CARRIED.includes(type)) return;
  throw executorError(`"${name}" is ${type}, which is not handed to ${executor}.`);
}

/** It takes a text for one of C, which ends at its first NUL. @throws TRS_ONNX_FEED */
function checkTexts(executor: string, input: string, data: TensorData['data']): void {
  for (const text of data) {
    if (typeof text !== 'string') return;
    if (!text.includes('\u0000')) continue;
    throw new OnnxError(
      'FEED',
      `The input "${input}" does not fit: one of its texts holds a NUL, at which ${executor} would cut it off.`,
      'Take it out, or run the model with the executor "core".',
    );
  }
}

/** The values in the array that holds the type's values exactly: a feed may bring a list of numbers. */
function dataOf(feed: Omit<TensorData, 'name'> | { readonly data?: undefined }): RuntimeData {
  const { data } = feed;
  if (data === undefined) return [];
  const ArrayType = arrayTypeOf(feed.type);
  if (ArrayType === Array || data instanceof ArrayType) return data as RuntimeData;
  const numbers = data as readonly (number | bigint)[];
  if (ArrayType === BigInt64Array) return BigInt64Array.from(numbers, BigInt);
  if (ArrayType === BigUint64Array) return BigUint64Array.from(numbers, BigInt);
  return (ArrayType as Float32ArrayConstructor).from(numbers, Number);
}

const wordsOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).trim().replace(/\.$/, '');

const FAILED_NODE = /running (\S+) node\. Name:'([^']*)' Status Message: (.*)/s;

function nodeError(executor: string, cause: unknown): OnnxError {
  const words = wordsOf(cause);
  const [, operator, node, reason] = FAILED_NODE.exec(words) ?? [];
  if (operator === undefined) return executorError(`${executor} cannot run the model: ${words}.`);
  return new OnnxError(
    'NODE',
    `The node ${operator}${node ? ` "${node}"` : ''} cannot be run: ${reason?.trim()}.`,
    'Check how the model was exported.',
  );
}

const executorError = (message: string): OnnxError =>
  new OnnxError('EXECUTOR', message, 'Run the model with the executor "core".');
