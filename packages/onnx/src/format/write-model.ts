import { PbfWriter } from 'pbf';
import { elementTypeNumber } from './element-types.ts';
import type { Attribute, OnnxGraph, OnnxModel, OnnxNode, TensorData, ValueInfo } from './model.ts';

/** AttributeProto.AttributeType. */
const ATTRIBUTE_TYPES: Readonly<Record<Attribute['kind'], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  floats: 6,
  ints: 7,
  strings: 8,
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
  out.writeMessage(7, writeGraph, model.graph);
  for (const opset of model.opsets) {
    out.writeMessage(
      8,
      (one: typeof opset, pbf: PbfWriter) => {
        if (one.domain !== '') writeText(pbf, 1, one.domain);
        pbf.writeVarintField(2, one.version);
      },
      opset,
    );
  }
  const entries = Object.entries(model.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const entry of entries) {
    out.writeMessage(
      14,
      ([key, value]: [string, string], pbf: PbfWriter) => {
        writeText(pbf, 1, key);
        writeText(pbf, 2, value);
      },
      entry,
    );
  }
  return out.finish().slice();
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
}

function writeAttribute([name, attribute]: [string, Attribute], pbf: PbfWriter): void {
  writeText(pbf, 1, name);
  switch (attribute.kind) {
    case 'float':
      pbf.writeFloatField(2, attribute.value);
      break;
    case 'int':
      pbf.writeVarintField(3, attribute.value);
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
      pbf.writePackedVarint(8, [...attribute.value]);
      break;
    case 'strings':
      for (const text of attribute.value) writeText(pbf, 9, text);
      break;
  }
  pbf.writeVarintField(20, ATTRIBUTE_TYPES[attribute.kind]);
}

function writeTensor(tensor: TensorData, pbf: PbfWriter): void {
  for (const length of tensor.dims) pbf.writeVarintField(1, length);
  pbf.writeVarintField(2, elementTypeNumber(tensor.type));
  if (tensor.type === 'string') for (const text of tensor.data) writeText(pbf, 6, String(text));
  writeText(pbf, 8, tensor.name);
  if (tensor.type !== 'string') pbf.writeBytesField(9, rawBytes(tensor));
}

function rawBytes({ type, data }: TensorData): Uint8Array {
  const width = { float32: 4, float64: 8, int32: 4, int64: 8, uint8: 1, int8: 1, bool: 1, string: 0 }[type];
  const view = new DataView(new ArrayBuffer(width * data.length));
  for (const [i, value] of data.entries()) {
    const number = Number(value);
    if (type === 'float32') view.setFloat32(i * 4, number, true);
    else if (type === 'float64') view.setFloat64(i * 8, number, true);
    else if (type === 'int64') view.setBigInt64(i * 8, BigInt(number), true);
    else if (type === 'int32') view.setInt32(i * 4, number, true);
    else view.setUint8(i, number);
  }
  return new Uint8Array(view.buffer);
}

function writeValueInfo(info: ValueInfo, pbf: PbfWriter): void {
  const shape = (_: ValueInfo, out: PbfWriter): void => {
    for (const dim of info.dims) {
      out.writeMessage(
        1,
        (value: number | string, dimension: PbfWriter) => {
          if (typeof value === 'number') dimension.writeVarintField(1, value);
          else writeText(dimension, 2, value);
        },
        dim,
      );
    }
  };
  const tensorType = (_: ValueInfo, out: PbfWriter): void => {
    out.writeVarintField(1, elementTypeNumber(info.type));
    out.writeMessage(2, shape, info);
  };
  writeText(pbf, 1, info.name);
  pbf.writeMessage(2, (_: ValueInfo, out: PbfWriter) => out.writeMessage(1, tensorType, info), info);
}
