import { PbfWriter } from 'pbf';
import {
  type ElementType,
  elementBytes,
  elementTypeNumber,
  floatFormat,
  isElementType,
} from './element-types.ts';
import { encodeFloat, encodeScale, roundTo } from './float-formats.ts';
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

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPES: Readonly<Record<Attribute['kind'], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  type: 13,
  // The type of what is referred to is that of the caller's attribute.
  reference: 0,
};

const encoder = new TextEncoder();

/** pbf's own writer of texts breaks characters beyond the basic plane. */
const writeText = (pbf: PbfWriter, tag: number, text: string): void =>
  pbf.writeBytesField(tag, encoder.encode(text));

/** Writes an ONNX file (onnx.proto3). Equal models give equal bytes: metadata is sorted by its keys. */
export function writeModel(model: OnnxModel): Uint8Array {
  const out = new PbfWriter();
  out.writeVarintField(1, model.irVersion);
  writeText(out, 2, model.producer);
  if (model.producerVersion !== undefined) writeText(out, 3, model.producerVersion);
  out.writeMessage(7, writeGraph, model.graph);
  for (const opset of model.opsets) out.writeMessage(8, writeOpset, opset);
  writeMetadata(out, model.metadata);
  for (const one of model.functions ?? []) out.writeMessage(25, writeFunction, one);
  return out.finish().slice();
}

function writeMetadata(out: PbfWriter, metadata: OnnxModel['metadata']): void {
  for (const entry of Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)))
    out.writeMessage(
      14,
      ([key, value]: [string, string], pbf: PbfWriter) => {
        writeText(pbf, 1, key);
        writeText(pbf, 2, value);
      },
      entry,
    );
}

/** Adds entries to the `metadata_props` of an ONNX file, whose own bytes stay as they are: messages that follow each other are one. */
export function appendMetadata(bytes: Uint8Array, metadata: OnnxModel['metadata']): Uint8Array {
  const out = new PbfWriter();
  writeMetadata(out, metadata);
  const added = out.finish();
  const both = new Uint8Array(bytes.length + added.length);
  both.set(bytes);
  both.set(added, bytes.length);
  return both;
}

function writeOpset(one: Opset, pbf: PbfWriter): void {
  if (one.domain !== '') writeText(pbf, 1, one.domain);
  pbf.writeVarintField(2, one.version);
}

function writeFunction(one: OnnxFunction, pbf: PbfWriter): void {
  writeText(pbf, 1, one.name);
  for (const input of one.inputs) writeText(pbf, 4, input);
  for (const output of one.outputs) writeText(pbf, 5, output);
  for (const [name, attribute] of Object.entries(one.attributes)) {
    if (attribute) pbf.writeMessage(11, writeAttribute, [name, attribute]);
    else writeText(pbf, 6, name);
  }
  for (const node of one.nodes) pbf.writeMessage(7, writeNode, node);
  for (const opset of one.opsets) pbf.writeMessage(9, writeOpset, opset);
  writeText(pbf, 10, one.domain);
  if (one.overload !== '') writeText(pbf, 13, one.overload);
}

/** pbf writes what a double holds. */
function writeInteger(pbf: PbfWriter, tag: number, value: Integer): void {
  if (typeof value === 'number') {
    pbf.writeVarintField(tag, value);
    return;
  }
  pbf.writeVarint(tag * 8);
  writeVarint(pbf, value);
}

function writeVarint(pbf: PbfWriter, value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    pbf.realloc(1);
    pbf.buf[pbf.pos++] = rest > 0n ? low | 0x80 : low;
  } while (rest > 0n);
}

function writeGraph(graph: OnnxGraph, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  writeText(pbf, 2, graph.name);
  for (const tensor of graph.initializers) pbf.writeMessage(5, writeTensor, tensor);
  for (const input of graph.inputs) pbf.writeMessage(11, writeValueInfo, input);
  for (const output of graph.outputs) pbf.writeMessage(12, writeValueInfo, output);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) writeText(pbf, 1, input);
  for (const output of node.outputs) writeText(pbf, 2, output);
  writeText(pbf, 3, node.name);
  writeText(pbf, 4, node.operator);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
  if (node.domain !== '') writeText(pbf, 7, node.domain);
  if (node.overload) writeText(pbf, 8, node.overload);
}

function writeAttribute([name, attribute]: [string, Attribute], pbf: PbfWriter): void {
  writeText(pbf, 1, name);
  switch (attribute.kind) {
    case 'float':
      pbf.writeFloatField(2, attribute.value);
      break;
    case 'int':
      writeInteger(pbf, 3, attribute.value);
      break;
    case 'string':
      writeText(pbf, 4, attribute.value);
      break;
    case 'tensor':
      pbf.writeMessage(5, writeTensor, attribute.value);
      break;
    case 'floats':
      pbf.writePackedFloat(7, [...attribute.value]);
      break;
    case 'ints':
      pbf.writeMessage(8, writePacked, attribute.value);
      break;
    case 'strings':
      for (const text of attribute.value) writeText(pbf, 9, text);
      break;
    case 'graph':
      pbf.writeMessage(6, writeGraph, attribute.value);
      break;
    case 'tensors':
      for (const tensor of attribute.value) pbf.writeMessage(10, writeTensor, tensor);
      break;
    case 'type':
      pbf.writeMessage(14, writeType, { type: attribute.value });
      break;
    case 'reference':
      writeText(pbf, 21, attribute.value);
      break;
  }
  if (attribute.kind !== 'reference') pbf.writeVarintField(20, ATTRIBUTE_TYPES[attribute.kind]);
}

function writePacked(values: readonly Integer[], pbf: PbfWriter): void {
  for (const value of values) {
    if (typeof value === 'number') pbf.writeVarint(value);
    else writeVarint(pbf, value);
  }
}

function writeTensor(tensor: TensorData, pbf: PbfWriter): void {
  for (const length of tensor.dims) pbf.writeVarintField(1, length);
  pbf.writeVarintField(2, elementTypeNumber(tensor.type));
  if (tensor.type === 'string') for (const text of tensor.data) writeText(pbf, 6, String(text));
  writeText(pbf, 8, tensor.name);
  if (tensor.type !== 'string') pbf.writeBytesField(9, rawBytes(tensor));
}

/** The elements of a tensor of numbers as they lie in `raw_data`: little-endian, those of less than a byte packed. */
export function rawBytes({ type, data }: Pick<TensorData, 'type' | 'data'>): Uint8Array {
  const width = elementBytes(type);
  if (IS_LITTLE_ENDIAN && ArrayBuffer.isView(data) && data.BYTES_PER_ELEMENT === width)
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  const view = new DataView(new ArrayBuffer(Math.ceil(width * data.length)));
  const code = coderOf(type);
  for (const [i, value] of data.entries()) {
    const number = Number(value);
    if (type === 'float32') view.setFloat32(i * 4, number, true);
    else if (type === 'float64') view.setFloat64(i * 8, number, true);
    else if (width === 8) view.setBigInt64(i * 8, BigInt.asIntN(64, BigInt(value)), true);
    else if (width === 4) view.setInt32(i * 4, number, true);
    else if (width === 2) view.setUint16(i * 2, code(number), true);
    else if (width === 1) view.setUint8(i, code(number));
    else {
      const at = Math.floor(i * width);
      view.setUint8(
        at,
        view.getUint8(at) | ((code(number) & (2 ** (width * 8) - 1)) << ((i * width * 8) % 8)),
      );
    }
  }
  return new Uint8Array(view.buffer);
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function coderOf(type: ElementType): (value: number) => number {
  if (type === 'float8e8m0') return encodeScale;
  const format = floatFormat(type);
  return format ? (value) => encodeFloat(format, roundTo(format, value)) : (value) => value;
}

type Typed = Pick<ValueInfo, 'type' | 'dims' | 'isRankless'>;

function writeValueInfo(info: ValueInfo, pbf: PbfWriter): void {
  writeText(pbf, 1, info.name);
  if (!info.isUntyped) pbf.writeMessage(2, writeType, info);
}

/** Where TypeProto has the types that hold others, and which of its fields is the one inside. */
const HOLDERS = { sequence: 4, map: 5, optional: 9 } as const;

function writeType(
  info: { type: ValueType; dims?: Typed['dims']; isRankless?: boolean },
  pbf: PbfWriter,
): void {
  const { type } = info;
  if (isElementType(type)) {
    pbf.writeMessage(
      1,
      (_: unknown, out: PbfWriter) => {
        out.writeVarintField(1, elementTypeNumber(type));
        if (info.dims && !info.isRankless) out.writeMessage(2, writeShape, info.dims);
      },
      info,
    );
    return;
  }
  const [, holder = '', inner = ''] = /^(\w+)<(.+)>$/.exec(type) ?? [];
  const [key, value] = holder === 'map' ? inner.split(/,(.*)/) : ['', inner];
  // The pattern of ValueType says which words stand before the bracket, and types between them.
  pbf.writeMessage(
    HOLDERS[holder as keyof typeof HOLDERS],
    (_: unknown, out: PbfWriter) => {
      if (key && isElementType(key)) out.writeVarintField(1, elementTypeNumber(key));
      out.writeMessage(key ? 2 : 1, writeType, { type: value as ValueType });
    },
    info,
  );
}

function writeShape(dims: Typed['dims'], out: PbfWriter): void {
  for (const dim of dims) {
    out.writeMessage(
      1,
      (value: number | string, dimension: PbfWriter) => {
        if (typeof value === 'number') dimension.writeVarintField(1, value);
        else writeText(dimension, 2, value);
      },
      dim,
    );
  }
}
