import { buildModel, type Feature, type ModelSchema } from '@trestle/model';
import { floats, type GraphBuilder, int, strings } from '@trestle/onnx';
import { readLightgbm, readXgboost, type SavedForest } from '@trestle/trees';
import { damaged, formatsError, unreadable } from './formats-error.ts';
import type { ModelSource } from './model-source.ts';
import type { About, ReadModel } from './read-model.ts';
import { suggestRows } from './suggest-rows.ts';
import { treeEnsemble } from './tree-ensemble.ts';

const LIBRARIES = { xgboost: 'XGBoost', lightgbm: 'LightGBM' } as const;
export type TreesLibrary = keyof typeof LIBRARIES;

/**
 * Reads boosted trees as a package with a feature for each column: it answers with the numbers of the library's own `predict`.
 *
 * @param columns names that are told elsewhere, where the file has none
 * @throws TRS_TREES_MODEL, TRS_FORMATS_…
 */
export async function readTrees(
  source: ModelSource,
  file: string,
  library: TreesLibrary,
  columns?: readonly string[],
): Promise<ReadModel> {
  const bytes = await source.read(file);
  const forest = library === 'xgboost' ? readXgboost(bytes) : readLightgbm(textOf(bytes, file));
  const { savedBy } = forest;
  if (columns && savedBy.columns.length === 0 && columns.length !== forest.width)
    throw formatsError('COLUMNS_DIFFER', {
      kind: 'invalid',
      message: `The signature names ${columns.length} columns, and the model of "${file}" has ${forest.width}.`,
      hint: 'Log the model again with the data that it was trained on as its input example.',
      details: { columns: columns.length, width: forest.width },
    });
  const names = namesOf(forest, columns, file);
  const schema = schemaOf(forest, names);
  return {
    format: `${LIBRARIES[library]} ${library === 'lightgbm' ? 'text' : bytes[1] === 0x22 || bytes[1] === 0x0a ? 'JSON' : 'UBJSON'}`,
    framework: savedBy.library,
    notes: notesOf(forest, names.isGiven),
    suggested: suggestRows(forest, schema.features),
    build: (about) => build(forest, schema, about),
  };
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw damaged(file, 'it is no text in UTF-8, or too long to be one');
  }
}

function namesOf(
  { savedBy, width }: SavedForest,
  columns: readonly string[] | undefined,
  file: string,
): { readonly names: readonly string[]; readonly isGiven: boolean } {
  const given = savedBy.columns.length > 0 ? savedBy.columns : columns;
  const names = given ?? Array.from({ length: width }, (_, column) => `f${column}`);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw damaged(file, `two of its columns are called "${twice}"`);
  return { names, isGiven: given !== undefined };
}

function schemaOf(forest: SavedForest, { names }: { readonly names: readonly string[] }): ModelSchema {
  const { activation, outputs, objective } = forest;
  const isBinary = outputs === 1 && activation === 'logistic' && !objective.startsWith('reg');
  const classes = activation === 'softmax' ? outputs : isBinary ? 2 : 0;
  if (outputs > 1 && activation !== 'softmax')
    throw formatsError('MANY_TARGETS', {
      kind: 'unsupported',
      message: `The model has ${outputs} outputs of the objective ${objective}, which are not the classes of one target.`,
      hint: 'Train a model for each target; multiclassova: train with the objective multiclass.',
      details: { outputs, objective },
    });
  return {
    task: classes > 2 || activation === 'softmax' ? 'multiclass' : isBinary ? 'binary' : 'regression',
    target: 'target',
    classes: Array.from({ length: classes }, (_, one) => String(one)),
    threshold: 0.5,
    features: names.map((name, column): Feature => {
      const texts = forest.savedBy.categoryNames.get(column)?.some((one) => typeof one === 'string');
      return { name, type: texts ? 'category' : 'number', nullable: true };
    }),
  };
}

function notesOf({ savedBy, roots, outputs, objective }: SavedForest, isGiven: boolean): readonly string[] {
  const rounds = roots.length / outputs;
  const { bestRound } = savedBy;
  return [
    ...(isGiven ? [] : ['The file names no columns: they are f0, f1, … in the order of training.']),
    ...(bestRound !== undefined && bestRound + 1 < rounds
      ? [
          `Training stopped early at round ${bestRound + 1}; all ${rounds} rounds are used, as Booster.predict does, and XGBClassifier or XGBRegressor would not. Save model.get_booster()[: ${bestRound + 1}] for theirs.`,
        ]
      : []),
    ...(objective.startsWith('rank') || objective === 'lambdarank' || objective === 'rank_xendcg'
      ? ['It ranks: its value is a score, higher comes first.']
      : []),
  ];
}

function build(forest: SavedForest, schema: ModelSchema, { origin, golden, card }: About): Uint8Array {
  const type = forest.isFloat32 ? 'float32' : 'float64';
  return buildModel({
    inputs: schema.features.map((feature) => ({
      name: feature.name,
      type: feature.type === 'category' ? 'string' : type,
      dims: ['batch', 1],
    })),
    design: (graph) => {
      const columns = schema.features.map(({ name }, column) => columnOf(graph, name, column, forest, type));
      return columns.length === 1 ? (columns[0] ?? '') : graph.add('Concat', columns, { axis: int(1) });
    },
    head: treeEnsemble(forest, { type, isOpen: true }),
    outputs: forest.outputs,
    metadata: {
      ...{ schema, origin, golden, card, metrics: {}, lineage: {}, reference: { features: [] } },
      ...{ estimator: origin.framework ?? origin.format, licence: '', createdAt: '' },
    },
  });
}

/** A column as numbers: categories that pandas named become the numbers that training saw, others become none. */
function columnOf(
  graph: GraphBuilder,
  name: string,
  column: number,
  forest: SavedForest,
  type: 'float32' | 'float64',
): string {
  const names = forest.savedBy.categoryNames.get(column);
  if (!names) return name;
  const to = int(type === 'float32' ? 1 : 11);
  const isText = names.some((one) => typeof one === 'string');
  const inexact = isText ? undefined : names.find((one) => Math.fround(Number(one)) !== one);
  if (inexact !== undefined)
    throw unreadable(
      `The column "${name}" has the category ${inexact}, which float32 has not.`,
      'Turn categories into small whole numbers, or texts, before training.',
    );
  const codes = graph.add(
    'LabelEncoder',
    [isText ? name : graph.add('Cast', [name], { to: int(1) })],
    {
      ...(isText ? { keys_strings: strings(names.map(String)) } : { keys_floats: floats(names.map(Number)) }),
      values_floats: floats([...names.keys()]),
      default_float: { kind: 'float', value: -1 },
    },
    'ai.onnx.ml',
  );
  return missingBelowZero(graph, graph.add('Cast', [codes], { to }), type);
}

/** What is no category of training is missing, as in pandas. */
function missingBelowZero(graph: GraphBuilder, codes: string, type: 'float32' | 'float64'): string {
  const scalar = (value: number): string =>
    graph.constant(type, [1], type === 'float32' ? Float32Array.of(value) : Float64Array.of(value));
  return graph.add('Where', [graph.add('Less', [codes, scalar(0)]), scalar(Number.NaN), codes]);
}
