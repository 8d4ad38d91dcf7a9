import type { Row } from '@trestle/model';
import { parse } from 'yaml';
import { z } from 'zod';
import { damaged, formatsError, unreadable } from './formats-error.ts';
import type { ModelSource } from './model-source.ts';
import { readOnnx } from './onnx-file.ts';
import type { ReadFile, ReadModel } from './read-model.ts';

const MOST_BYTES = 2 ** 20;

const mlmodelSchema = z.object({
  flavors: z.record(z.string(), z.record(z.string(), z.unknown())),
  mlflow_version: z.string().optional(),
  signature: z
    .object({
      inputs: z.string().nullish(),
      params: z.string().nullish(),
    })
    .nullish(),
  saved_input_example_info: z
    .object({ artifact_path: z.string(), type: z.string(), pandas_orient: z.string().optional() })
    .nullish(),
});
type MlModel = z.infer<typeof mlmodelSchema>;

/** A column as the signature has it; tensors have a specification instead. */
const columnSchema = z.object({
  name: z.string().optional(),
  type: z.string(),
  required: z.boolean().optional(),
  optional: z.boolean().optional(),
});

/** Flavours that are read, and the libraries' versions by what MLflow calls them. */
const FLAVOURS = { onnx: 'onnx_version', xgboost: 'xgb_version', lightgbm: 'lgb_version' } as const;
type Flavour = keyof typeof FLAVOURS;
const isFlavour = (name: string): name is Flavour => Object.hasOwn(FLAVOURS, name);

/** What to log instead, of flavours that many have. */
const INSTEAD: Readonly<Record<string, string>> = {
  sklearn: 'mlflow.onnx.log_model(skl2onnx.to_onnx(model, X[:1]), …)',
  pytorch:
    'torch.onnx.export(model, example, "model.onnx"), then mlflow.onnx.log_model(onnx.load("model.onnx"), …)',
  tensorflow: 'tf2onnx.convert.from_keras(model), then mlflow.onnx.log_model(…)',
  keras: 'tf2onnx.convert.from_keras(model), then mlflow.onnx.log_model(…)',
  transformers: 'optimum-cli export onnx --model DIR OUT, and register OUT',
  catboost: 'model.save_model("model.onnx", format="onnx")',
};

/** Reads a folder that MLflow has logged a model to, in a flavour that needs no Python; its signature names the columns. */
export async function readMlflow(source: ModelSource, readFile: ReadFile): Promise<ReadModel> {
  const told = await readYaml(source);
  const flavour = Object.keys(told.flavors).find(isFlavour);
  if (flavour === undefined) {
    const [first = 'none'] = Object.keys(told.flavors).filter((name) => name !== 'python_function');
    throw unreadable(
      `The MLflow model "${source.name}" has the flavour ${first}, which needs Python; onnx, xgboost and lightgbm are read.`,
      `Log it in one of them: ${INSTEAD[first] ?? 'mlflow.onnx.log_model(…)'}.`,
    );
  }
  const { data, [FLAVOURS[flavour]]: version } = told.flavors[flavour] ?? {};
  if (typeof data !== 'string' || !source.files.includes(data))
    throw damaged(
      'MLmodel',
      `its flavour ${flavour} names the file ${JSON.stringify(data)}, which is not there`,
    );
  const columns = columnsOf(told);
  const names = columns?.map(({ name }) => name);
  const isGraph = flavour === 'onnx';
  const model = isGraph ? await readOnnx(source, data, names) : await readFile(source, data, names);
  const examples = await examplesOf(source, told);
  return {
    ...model,
    format: `MLflow, ${model.format}`,
    framework: model.framework ?? (typeof version === 'string' ? `${flavour} ${version}` : undefined),
    notes: [...model.notes, ...notesOf(told, columns ?? [])],
    ...(examples ? { examples } : {}),
  };
}

async function readYaml(source: ModelSource): Promise<MlModel> {
  const bytes = await source.read('MLmodel');
  if (bytes.length > MOST_BYTES) throw damaged('MLmodel', `it has ${bytes.length} bytes`);
  let parsed: unknown;
  try {
    parsed = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { maxAliasCount: 10 });
  } catch {
    throw damaged('MLmodel', 'it is no YAML');
  }
  const result = mlmodelSchema.safeParse(parsed);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw damaged('MLmodel', `${issue?.path.join('.')}: ${issue?.message}`);
}

interface Column {
  readonly name: string;
  readonly isOptional: boolean;
}

/** Columns of the signature in their order; undefined where it has none, or is of tensors. */
function columnsOf({ signature }: MlModel): readonly Column[] | undefined {
  if (!signature?.inputs) return undefined;
  const found = z.array(columnSchema).safeParse(jsonOf(signature.inputs, 'MLmodel'));
  if (!found.success) throw damaged('MLmodel', 'its signature is no list of columns');
  if (found.data.some(({ name, type }) => name === undefined || type === 'tensor')) return undefined;
  const compound = found.data.find(({ type }) => ['object', 'array', 'map', 'any'].includes(type));
  if (compound)
    throw formatsError('COLUMNS_DIFFER', {
      kind: 'invalid',
      message: `The signature has the column "${compound.name}" of the type ${compound.type}, which no input of a graph takes.`,
      hint: 'Log the model with columns of numbers, truths and texts.',
    });
  return found.data.map(({ name = '', required, optional }) => ({
    name,
    isOptional: required === false || optional === true,
  }));
}

function jsonOf(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged(file, 'a part of it is no JSON');
  }
}

const splitSchema = z.object({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())) });

/** The rows of the input example, where it is a table. */
async function examplesOf(source: ModelSource, { saved_input_example_info: info }: MlModel) {
  if (info?.type !== 'dataframe' || info.pandas_orient !== 'split') return undefined;
  if (!source.files.includes(info.artifact_path)) return undefined;
  const text = new TextDecoder().decode(await source.read(info.artifact_path));
  const table = splitSchema.safeParse(jsonOf(text, info.artifact_path));
  if (!table.success) throw damaged(info.artifact_path, 'it is no table as pandas splits it');
  const { columns, data } = table.data;
  return data
    .slice(0, 100)
    .map((row): Row => Object.fromEntries(columns.map((name, at) => [name, row[at] ?? null])));
}

function notesOf({ signature }: MlModel, columns: readonly Column[]): readonly string[] {
  const optional = columns.filter(({ isOptional }) => isOptional).map(({ name }) => name);
  return [
    ...(signature?.params
      ? [
          'The signature has parameters, which only the python_function of MLflow takes; the model here has none.',
        ]
      : []),
    ...(optional.length > 0
      ? [
          `By the signature ${optional.join(', ')} may be left out; here they may be null where the model says what becomes of that.`,
        ]
      : []),
  ];
}
