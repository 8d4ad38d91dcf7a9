import { unreadable } from './formats-error.ts';
import { readHuggingFace } from './hugging-face.ts';
import { readMlflow } from './mlflow.ts';
import type { ModelSource } from './model-source.ts';
import { readOnnx } from './onnx-file.ts';
import type { ReadModel } from './read-model.ts';
import { refuse, refusedFile, refusedFolder } from './refused.ts';
import { readTrees } from './trees-file.ts';

/**
 * Reads a model of any format that is known, by what its files hold and not by what they are called.
 *
 * @throws TRS_FORMATS_REFUSED with the command that exports it, TRS_FORMATS_UNKNOWN, TRS_FORMATS_DAMAGED, TRS_ONNX_…, TRS_TREES_…
 */
export async function readFormat(source: ModelSource): Promise<ReadModel> {
  if (source.file !== undefined) return await readFile(source, source.file);
  if (source.files.includes('MLmodel')) return await readMlflow(source, readFile);
  if (source.files.includes('config.json')) return await readHuggingFace(source);
  const graphs = source.files.filter((file) => file.endsWith('.onnx'));
  const [graph] = graphs;
  if (graph !== undefined && graphs.length === 1) return await readOnnx(source, graph);
  if (graph !== undefined)
    throw unreadable(
      `The folder "${source.name}" holds ${graphs.length} ONNX files.`,
      `Name the one that is meant: ${graphs.slice(0, 10).join(', ')}.`,
    );
  const refused = refusedFolder(source);
  if (refused) throw refuse(source.name, refused);
  throw unreadable(
    `The folder "${source.name}" holds no model that is known.`,
    'Name a file, or a folder with one ONNX file, an MLmodel of MLflow, or the config.json of Hugging Face.',
  );
}

const latin = new TextDecoder('latin1');

async function readFile(source: ModelSource, file: string, columns?: readonly string[]): Promise<ReadModel> {
  const text = latin.decode(await source.head(file));
  if (isXgboost(text)) return await readTrees(source, file, 'xgboost', columns);
  if (/^tree\r?\n/.test(text)) return await readTrees(source, file, 'lightgbm', columns);
  const refused = await refusedFile(source, file);
  if (refused) throw refuse(file, refused);
  // A protobuf of ONNX begins with its version, as all exporters write it; what is called .onnx is read, too, to say what it lacks.
  if (text.startsWith('\x08') || file.endsWith('.onnx')) return await readOnnx(source, file);
  throw unreadable(
    `"${file}" is no model that is known: it begins with ${JSON.stringify(text.slice(0, 20))}.`,
    'ONNX files, models of XGBoost (JSON, UBJSON) and LightGBM (text), and folders of MLflow and Hugging Face are taken.',
  );
}

/** JSON or UBJSON: the learner is in the head of all that XGBoost writes. */
const isXgboost = (text: string): boolean =>
  /^\{\s*"(learner|version)"/.test(text) || /^\{[iUIlL].{1,8}(learner|version)/s.test(text);
