import { unreadable } from './formats-error.ts';
import type { ModelSource } from './model-source.ts';
import { readOnnx } from './onnx-file.ts';
import type { ReadModel } from './read-model.ts';

/** Where exporters put the graph, the first that is there. */
const GRAPHS = ['onnx/model.onnx', 'model.onnx'];

/** Reads a folder in Hugging Face's layout: its graph must be there in ONNX. */
export async function readHuggingFace(source: ModelSource): Promise<ReadModel> {
  const graph = GRAPHS.find((file) => source.files.includes(file));
  if (graph === undefined)
    throw unreadable(
      `The folder "${source.name}" has no ${GRAPHS.join(' and no ')}: weights alone do not say how to compute with them.`,
      'Export it where it was made: optimum-cli export onnx --model DIR_OR_NAME OUT, and register OUT.',
    );
  return await readOnnx(source, graph);
}
