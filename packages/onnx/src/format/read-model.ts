import { OnnxError } from '../onnx-error.ts';
import { type Budget, DEFAULT_LIMITS, type Limits, newBudget, tooLarge } from './budget.ts';
import { elementTypeOf } from './element-types.ts';
import type { ExternalData } from './external-data.ts';
import type {
  Attribute,
  Integer,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  Opset,
  TensorData,
  ValueInfo,
  ValueType,
} from './model.ts';
import { readSparseTensor, readTensor } from './read-tensor.ts';
import { fieldsOf, floatsOf, malformed, textOf, varintsOf } from './wire.ts';

/**
 * Reads an ONNX file (onnx.proto3). The file is not trusted: it runs nothing, opens nothing, and what it declares is checked
 * against limits before memory is taken.
 *
 * @param external gives what tensors keep in other files; without it they are refused
 * @throws TRS_ONNX_MALFORMED, TRS_ONNX_TOO_LARGE, TRS_ONNX_EXTERNAL_DATA, TRS_ONNX_TYPE
 */
export function readModel(
  bytes: Uint8Array,
  limits: Partial<Limits> = {},
  external?: ExternalData,
): OnnxModel {
  const all = { ...DEFAULT_LIMITS, ...limits };
  if (bytes.length > all.maxBytes) throw tooLarge(`${bytes.length} bytes`);
  const budget = newBudget(all, external);
  let [irVersion, producer, producerVersion] = [0, '', ''];
  let graph: OnnxGraph | undefined;
  const opsets: Opset[] = [];
  const functions: OnnxFunction[] = [];
  const metadata: Record<string, string> = {};
  for (const field of fieldsOf(bytes)) {
    if (field.tag === 1) irVersion = field.value;
    else if (field.tag === 2) producer = textOf(field.bytes);
    else if (field.tag === 3) producerVersion = textOf(field.bytes);
    else if (field.tag === 7) graph = readGraph(field.bytes, budget);
    else if (field.tag === 8) opsets.push(readOpset(field.bytes));
    else if (field.tag === 14) {
      const [key, value] = readEntry(field.bytes);
      Object.defineProperty(metadata, key, { value, enumerable: true, configurable: true, writable: true });
    } else if (field.tag === 20)
      throw new OnnxError(
        'TRAINING',
        'The model holds how it is trained (training_info).',
        'Export it for inference.',
      );
    else if (field.tag === 25) functions.push(readFunction(field.bytes, budget));
  }
  if (!graph || irVersion < 1 || opsets.length === 0)
    throw malformed('it has no graph, no version or no operator set');
  return {
    ...{ irVersion, producer, opsets, graph, metadata },
    ...(producerVersion !== '' && { producerVersion }),
    ...(functions.length > 0 && { functions }),
  };
}

function readFunction(message: Uint8Array, budget: Budget): OnnxFunction {
  let [name, domain, overload] = ['', '', ''];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const nodes: OnnxNode[] = [];
  const opsets: Opset[] = [];
  const attributes: Record<string, Attribute | undefined> = {};
  const declare = (key: string, value: Attribute | undefined): void => {
    Object.defineProperty(attributes, key, { value, enumerable: true, configurable: true });
  };
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) name = textOf(field.bytes);
    else if (field.tag === 4) inputs.push(textOf(field.bytes));
    else if (field.tag === 5) outputs.push(textOf(field.bytes));
    else if (field.tag === 6) declare(textOf(field.bytes), undefined);
    else if (field.tag === 7) {
      budget.node();
      nodes.push(readNode(field.bytes, budget));
    } else if (field.tag === 9) opsets.push(readOpset(field.bytes));
    else if (field.tag === 10) domain = textOf(field.bytes);
    else if (field.tag === 11) declare(...readAttribute(field.bytes, budget));
    else if (field.tag === 13) overload = textOf(field.bytes);
  }
  return { name, domain, overload, inputs, outputs, nodes, opsets, attributes };
}

function readOpset(message: Uint8Array): Opset {
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
  budget.enter();
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
    else if (field.tag === 11) inputs.push(readValueInfo(field.bytes, budget));
    else if (field.tag === 12) outputs.push(readValueInfo(field.bytes, budget));
    else if (field.tag === 15) initializers.push(readSparseTensor(field.bytes, budget));
  }
  budget.leave();
  // Old files list initializers among the inputs; they need not be fed.
  const fixed = new Set(initializers.map((tensor) => tensor.name));
  return { name, nodes, initializers, inputs: inputs.filter((input) => !fixed.has(input.name)), outputs };
}

function readNode(message: Uint8Array, budget: Budget): OnnxNode {
  let [name, operator, domain, overload] = ['', '', '', ''];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Record<string, Attribute> = {};
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) inputs.push(textOf(field.bytes));
    else if (field.tag === 2) outputs.push(textOf(field.bytes));
    else if (field.tag === 3) name = textOf(field.bytes);
    else if (field.tag === 4) operator = textOf(field.bytes);
    else if (field.tag === 7) domain = textOf(field.bytes);
    else if (field.tag === 8) overload = textOf(field.bytes);
    else if (field.tag === 5) {
      const [key, attribute] = readAttribute(field.bytes, budget);
      if (Object.hasOwn(attributes, key))
        throw malformed(`the node "${name}" has the attribute "${key}" twice`);
      Object.defineProperty(attributes, key, { value: attribute, enumerable: true });
    }
  }
  domain = domain === 'ai.onnx' ? '' : domain;
  return { name, operator, domain, inputs, outputs, attributes, ...(overload !== '' && { overload }) };
}

/** AttributeProto.AttributeType. */
const KINDS: Readonly<Record<number, Attribute['kind']>> = {
  1: 'float',
  2: 'int',
  3: 'string',
  4: 'tensor',
  5: 'graph',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  9: 'tensors',
  // A sparse tensor is read as the dense one that it stands for.
  11: 'tensor',
  13: 'type',
};

function readAttribute(message: Uint8Array, budget: Budget): [string, Attribute] {
  let [name, type, float, text, reference] = ['', 0, 0, '', ''];
  let int: Integer = 0;
  let [tensor, graph, valueType]: [TensorData?, OnnxGraph?, ValueType?] = [];
  const floats: number[] = [];
  const ints: Integer[] = [];
  const strings: string[] = [];
  const tensors: TensorData[] = [];
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) name = textOf(field.bytes);
    else if (field.tag === 2) float = floatsOf(field.bytes)[0] ?? 0;
    else if (field.tag === 3) int = field.integer;
    else if (field.tag === 4) text = textOf(field.bytes);
    else if (field.tag === 5) tensor = readTensor(field.bytes, budget);
    else if (field.tag === 6) graph = readGraph(field.bytes, budget);
    else if (field.tag === 7) for (const value of floatsOf(field.bytes)) floats.push(value);
    else if (field.tag === 8) for (const value of varintsOf(field)) ints.push(value);
    else if (field.tag === 9) strings.push(textOf(field.bytes));
    else if (field.tag === 10) tensors.push(readTensor(field.bytes, budget));
    else if (field.tag === 14) valueType = readType(field.bytes, `The attribute "${name}"`, budget).type;
    else if (field.tag === 20) type = field.value;
    else if (field.tag === 21) reference = textOf(field.bytes);
    else if (field.tag === 22) tensor = readSparseTensor(field.bytes, budget);
  }
  if (reference !== '') return [name, { kind: 'reference', value: reference }];
  const kind = KINDS[type];
  if (!kind) throw malformed(`the attribute "${name}" is of the kind ${type}, which is not known`);
  const values = { float, int, string: text, tensor, graph, type: valueType, floats, ints, strings, tensors };
  const value = kind === 'reference' ? undefined : values[kind];
  if (value === undefined) throw malformed(`the attribute "${name}" has no value`);
  // Each kind names the variable that holds its value.
  return [name, { kind, value } as Attribute];
}

function readValueInfo(message: Uint8Array, budget: Budget): ValueInfo {
  let name = '';
  let type: Uint8Array | undefined;
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) name = textOf(field.bytes);
    else if (field.tag === 2) type = field.bytes;
  }
  // A body's output may leave its type to its node.
  if (!type) return { name, type: 'float32', dims: [], isUntyped: true };
  return { name, ...readType(type, `The value "${name}"`, budget) };
}

/** TypeProto. @throws TRS_ONNX_TYPE */
function readType(
  message: Uint8Array,
  where: string,
  budget: Budget,
): Pick<ValueInfo, 'type' | 'dims' | 'isRankless'> {
  budget.enter();
  const unknown = (what: string): OnnxError =>
    new OnnxError('TYPE', `${where} is ${what}, which is not supported.`, 'Export the model with tensors.');
  let found: Pick<ValueInfo, 'type' | 'dims' | 'isRankless'> | undefined;
  for (const field of fieldsOf(message)) {
    if (field.tag === 1) {
      let number = 0;
      let dims: (number | string)[] | undefined;
      for (const part of fieldsOf(field.bytes)) {
        if (part.tag === 1) number = part.value;
        else if (part.tag === 2) dims = readShape(part.bytes);
      }
      found = { type: elementTypeOf(number, where), dims: dims ?? [], ...(!dims && { isRankless: true }) };
    } else if (field.tag === 4 || field.tag === 9) {
      const inner = [...fieldsOf(field.bytes)].find((part) => part.tag === 1);
      if (!inner) throw unknown('a list of nothing');
      const { type } = readType(inner.bytes, where, budget);
      found = { type: `${field.tag === 4 ? 'sequence' : 'optional'}<${type}>`, dims: [], isRankless: true };
    } else if (field.tag === 5) {
      const parts = [...fieldsOf(field.bytes)];
      const key = elementTypeOf(parts.find((part) => part.tag === 1)?.value ?? 0, where);
      const value = readType(parts.find((part) => part.tag === 2)?.bytes ?? new Uint8Array(), where, budget);
      found = { type: `map<${key},${value.type}>`, dims: [], isRankless: true };
    } else if (field.tag === 8) throw unknown('a sparse tensor');
  }
  budget.leave();
  if (!found) throw unknown('of no known type');
  return found;
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
