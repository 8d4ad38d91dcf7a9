import { unreadable } from './formats-error.ts';
import { readFiles } from './hugging-face-files.ts';
import type { ModelSource } from './model-source.ts';
import { readGraph, readOnnx } from './onnx-file.ts';
import type { ReadModel } from './read-model.ts';
import { textModel } from './text-model.ts';

/** Where exporters put the graph, the first that is there. */
const GRAPHS = [
  ...['onnx/model.onnx', 'model.onnx'],
  ...['onnx/decoder_model_merged.onnx', 'decoder_model_merged.onnx'],
];

/** Reads a folder in Hugging Face's layout: its graph must be there in ONNX; with a tokeniser it takes texts. */
export async function readHuggingFace(source: ModelSource): Promise<ReadModel> {
  const graph = GRAPHS.find((file) => source.files.includes(file));
  if (graph === undefined)
    throw unreadable(
      `The folder "${source.name}" has no ${GRAPHS.slice(0, 2).join(' and no ')}: weights alone do not say how to compute with them.`,
      'Export it where it was made: optimum-cli export onnx --model DIR_OR_NAME OUT, and register OUT.',
    );
  const files = await readFiles(source);
  const { transformers_version: version } = files.config;
  const framework = version && `transformers ${version}`;
  if (!files.tokenizer) {
    const model = await readOnnx(source, graph);
    return {
      ...model,
      format: `Hugging Face, ${model.format}`,
      framework: framework ?? model.framework,
      notes: [
        ...model.notes,
        'The folder has no tokenizer.json: the model takes tensors, as its graph does.',
      ],
    };
  }
  const { model } = await readGraph(source, graph);
  return {
    ...textModel(model, files, files.tokenizer),
    framework: framework ?? (model.producer || undefined),
  };
}
