import { createHash } from 'node:crypto';
import { METADATA_PREFIX } from '@trestle/model';
import {
  appendMetadata,
  externalParts,
  int,
  type OnnxModel,
  type OnnxNode,
  readModel,
  writeModel,
} from '@trestle/onnx';
import { formatsError } from './formats-error.ts';
import type { ModelSource } from './model-source.ts';
import type { ReadModel } from './read-model.ts';

/**
 * Reads an ONNX file, with what its tensors keep in files of its folder: the package is one file.
 *
 * @param columns of the one matrix that it takes: each becomes an input of its own
 * @throws TRS_ONNX_…, TRS_DOOR_PATH_REFUSED, TRS_FORMATS_… where a file beside it cannot be used
 */
export async function readOnnx(
  source: ModelSource,
  file: string,
  columns?: readonly string[],
): Promise<ReadModel> {
  const { model, bytes, isWhole } = columns
    ? withColumns(await readGraph(source, file), columns)
    : await readGraph(source, file);
  const isPackage = Object.keys(model.metadata).some((name) => name.startsWith(METADATA_PREFIX));
  return {
    format: isWhole ? 'ONNX' : 'ONNX with external data',
    framework: [model.producer, model.producerVersion].filter(Boolean).join(' ') || undefined,
    notes: [],
    texts: textsOf(model),
    ...(isPackage ? { isPackage } : {}),
    build: (about) => (isPackage ? bytes : appendMetadata(bytes, entriesOf(about))),
  };
}

/** Texts that nodes compare with. */
const textsOf = ({ graph }: OnnxModel): readonly string[] =>
  graph.nodes.flatMap(({ attributes }) =>
    Object.entries(attributes).flatMap(([name, one]) =>
      one.kind === 'strings' && /^(cats_strings|keys_strings)$/.test(name) ? one.value : [],
    ),
  );

/** Entries of `metadata_props` that tell of a model that was made elsewhere. */
export const entriesOf = (about: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(about).map(([name, value]) => [METADATA_PREFIX + name, JSON.stringify(value)]),
  );

interface Graph {
  readonly model: OnnxModel;
  /** An ONNX file of it that needs no other. */
  readonly bytes: Uint8Array;
  /** Whether that is the file as it came. */
  readonly isWhole: boolean;
}

/** A graph of one matrix with an input for each of its columns, as MLflow hands it the columns of a table. */
function withColumns(graph: Graph, columns: readonly string[]): Graph {
  const { inputs, nodes, initializers } = graph.model.graph;
  const names = inputs.map(({ name }) => name);
  if (columns.length === names.length && columns.every((name) => names.includes(name))) return graph;
  const [matrix] = inputs;
  const width = matrix?.dims[1];
  const differ = (why: string) =>
    formatsError('COLUMNS_DIFFER', {
      kind: 'invalid',
      message: `The signature has the columns ${columns.slice(0, 20).join(', ')}, and the graph ${why}.`,
      hint: 'Log the model again with the data that it was exported for as its input example.',
      details: { columns, inputs: names },
    });
  if (!matrix || inputs.length > 1 || matrix.dims.length !== 2) throw differ(`takes ${names.join(', ')}`);
  if (typeof width === 'number' && width !== columns.length) throw differ(`takes ${width} of them`);
  const taken = new Set([
    ...nodes.flatMap(({ outputs }) => outputs),
    ...initializers.map(({ name }) => name),
    matrix.name,
  ]);
  const clash = columns.find((name, at) => taken.has(name) || columns.indexOf(name) !== at);
  if (clash !== undefined) throw differ(`has another value "${clash}"`);
  const joined: OnnxNode = {
    ...{ name: '', operator: 'Concat', domain: '', inputs: columns, outputs: [matrix.name] },
    attributes: { axis: int(1) },
  };
  const model = {
    ...graph.model,
    graph: {
      ...graph.model.graph,
      inputs: columns.map((name) => ({ name, type: matrix.type, dims: [matrix.dims[0] ?? 'rows', 1] })),
      nodes: [joined, ...nodes],
    },
  };
  return { model, bytes: writeModel(model), isWhole: graph.isWhole };
}

export async function readGraph(source: ModelSource, file: string): Promise<Graph> {
  const bytes = await source.read(file);
  const parts = externalParts(bytes);
  if (parts.length === 0) return { model: readModel(bytes), bytes, isWhole: true };
  const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : '';
  // One read a file: thousands of small tensors lie side by side in it.
  const files = new Map<string, Uint8Array>();
  for (const { location, checksum } of parts) {
    if (files.has(location)) continue;
    const content = await source.read(folder + location, true);
    files.set(location, content);
    if (checksum !== undefined && createHash('sha1').update(content).digest('hex') !== checksum.toLowerCase())
      throw formatsError('DAMAGED', {
        kind: 'invalid',
        message: `"${location}" is not the file that the model was saved with: its SHA-1 is not ${checksum}.`,
        hint: 'Copy it again from where the model was saved.',
        details: { file: location },
      });
  }
  const model = readModel(bytes, {}, ({ tensor, location, offset, length = 0 }) => {
    const content = files.get(location);
    if (!content || offset + length > content.length)
      throw formatsError('PART_MISSING', {
        kind: 'invalid',
        message: `The tensor "${tensor}" lies in bytes ${offset} to ${offset + length} of "${location}", which has ${content?.length ?? 0}.`,
        hint: 'Copy the file again: it is cut off, or of another model.',
        details: { tensor, file: location },
      });
    return content.subarray(offset, offset + length);
  });
  return { model, bytes: writeModel(model), isWhole: false };
}
