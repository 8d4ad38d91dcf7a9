import { OnnxError } from '../onnx-error.ts';
import { type Budget, DEFAULT_LIMITS, type Limits, newBudget, tooLarge } from './budget.ts';
import { elementTypeOf } from './element-types.ts';
import type { Attribute, OnnxGraph, OnnxModel, OnnxNode, TensorData, ValueInfo } from './model.ts';
import { readTensor } from './read-tensor.ts';
import { fieldsOf, floatsOf, malformed, textOf, varintsOf } from './wire.ts';

/**
 * Reads an ONNX file (onnx.proto3). The file is not trusted: it runs nothing, opens nothing, and what it declares is checked
 * against limits before memory is taken.
 *
 * @throws TRS_ONNX_MALFORMED, TRS_ONNX_TOO_LARGE, TRS_ONNX_EXTERNAL_DATA, TRS_ONNX_TYPE, TRS_ONNX_SUBGRAPH
 */
export function readModel(bytes: Uint8Array, limits: Partial<Limits> = {}): OnnxModel {
  const all = { ...DEFAULT_LIMITS, ...limits };
  if (bytes.length > all.maxBytes) throw tooLarge(`${bytes.length} bytes`);
  const budget = newBudget(all);
  let [irVersion, producer] = [0, ''];
  let graph: OnnxGraph | undefined;
  const opsets: { domain: string; version: number }[] = [];
  const metadata: Record<string, string> = {};
  for (const field of fieldsOf(bytes)) {
    if (field.tag === 1) irVersion = field.value;
    else if (field.tag === 2) producer = textOf(field.bytes);
    else if (field.tag === 7) graph = readGraph(field.bytes, budget);
    else if (field.tag === 8) opsets.push(readOpset(field.bytes));
    else if (field.tag === 14) {
      const [key, value] = readEntry(field.bytes);
      Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  if (!graph || irVersion < 1 || opsets.length === 0)
    throw malformed('it has no graph, no version or no operator set');
  return { irVersion, producer, opsets, graph, metadata };
}

function readOpset(message: Uint8Array): { domain: string; version: number } {
  let [domain, version] = ['', 0];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) domain = textOf(field.bytes);
    else if (field.tag === 2) version = field.value;
  }
  return { domain: domain === 'ai.onnx' ? '' : domain, version };
}

function readEntry(message: Uint8Array): [string, string] {
  let [key, value] = ['', ''];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) key = textOf(field.bytes);
    else if (field.tag === 2) value = textOf(field.bytes);
  }
  return [key, value];
}

function readGraph(message: Uint8Array, budget: Budget): OnnxGraph {
  let name = '';
  const nodes: OnnxNode[] = [];
  const initializers: TensorData[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) {
      budget.node();
      nodes.push(readNode(field.bytes, budget));
    } else if (field.tag === 2) name = textOf(field.bytes);
    else if (field.tag === 5) initializers.push(readTensor(field.bytes, budget));
    else if (field.tag === 11) inputs.push(readValueInfo(field.bytes));
    else if (field.tag === 12) outputs.push(readValueInfo(field.bytes));
  }
  // Old files list initializers among the inputs; they need not be fed.
  const fixed = new Set(initializers.map((tensor) => tensor.name));
  return { name, nodes, initializers, inputs: inputs.filter((input) => !fixed.has(input.name)), outputs };
}

function readNode(message: Uint8Array, budget: Budget): OnnxNode {
  let [name, operator, domain] = ['', '', ''];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, Attribute> = {};
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) inputs.push(textOf(field.bytes));
    else if (field.tag === 2) outputs.push(textOf(field.bytes));
    else if (field.tag === 3) name = textOf(field.bytes);
    else if (field.tag === 4) operator = textOf(field.bytes);
    else if (field.tag === 7) domain = textOf(field.bytes);
    else if (field.tag === 5) {
      const [key, attribute] = readAttribute(field.bytes, budget);
      if (attribute) Object.defineProperty(attributes, key, { value: attribute, enumerable: true });
    }
  }
  return { name, operator, domain: domain === 'ai.onnx' ? '' : domain, inputs, outputs, attributes };
}

/** AttributeProto.AttributeType. */
const KINDS: Readonly<Record<number, Attribute['kind']>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  6: 'floats',
  7: 'ints',
  8: 'strings',
};

function readAttribute(message: Uint8Array, budget: Budget): [string, Attribute | undefined] {
  let [name, type, float, int, text] = ['', 0, 0, 0, ''];
  let tensor: TensorData | undefined;
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) name = textOf(field.bytes);
    else if (field.tag === 2) float = floatsOf(field.bytes)[0] ?? 0;
    else if (field.tag === 3) int = field.value;
    else if (field.tag === 4) text = textOf(field.bytes);
    else if (field.tag === 5) tensor = readTensor(field.bytes, budget);
    else if (field.tag === 7) for (const value of floatsOf(field.bytes)) floats.push(value);
    else if (field.tag === 8) for (const value of varintsOf(field)) ints.push(value);
    else if (field.tag === 9) strings.push(textOf(field.bytes));
    else if (field.tag === 20) type = field.value;
    else if (field.tag === 6 || field.tag === 11) {
      throw new OnnxError(
        'SUBGRAPH',
        `The attribute "${name}" holds a graph (If, Loop, Scan), which is not supported.`,
        'Export the model without control flow.',
      );
    }
  }
  const kind = KINDS[type];
  if (!kind) return [name, undefined];
  if (kind === 'tensor') return [name, tensor ? { kind, value: tensor } : undefined];
  const values = { float, int, string: text, floats, ints, strings };
  // Each kind names the variable that holds its value.
  return [name, { kind, value: values[kind] } as Attribute];
}

function readValueInfo(message: Uint8Array): ValueInfo {
  let name = '';
  let type: ValueInfo['type'] | undefined;
  let dims: (number | string)[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) name = textOf(field.bytes);
    else if (field.tag === 2) {
      for (const typeField of fieldsOf(field.bytes)) {
        if (typeField.tag !== 1) continue;
        for (const tensorField of fieldsOf(typeField.bytes)) {
          if (tensorField.tag === 1) type = elementTypeOf(tensorField.value, `The value "${name}"`);
          else if (tensorField.tag === 2) dims = readShape(tensorField.bytes);
        }
      }
    }
  }
  if (!type)
    throw new OnnxError(
      'TYPE',
      `The value "${name}" is no tensor.`,
      'Export the model with tensors for inputs and outputs (for scikit-learn: zipmap=False).',
    );
  return { name, type, dims };
}

function readShape(message: Uint8Array): (number | string)[] {
  const dims: (number | string)[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag !== 1) continue;
    let dim: number | string = '?';
    for (const part of fieldsOf(field.bytes))
      dim = part.tag === 1 ? part.value : part.tag === 2 ? textOf(part.bytes) : dim;
    dims.push(dim);
  }
  return dims;
}
