import type { Tensor } from '@trestle/core';
import type { OnnxNode } from '../format/model.ts';
import { OnnxError } from '../onnx-error.ts';
import type { RuntimeValue } from './value.ts';

/** An operator's work. Inputs that are left out are undefined. */
export type Operator = (
  call: Call,
) => RuntimeValue | readonly RuntimeValue[] | Promise<RuntimeValue | readonly RuntimeValue[]>;

/** One node with its inputs, and the ways to read them that operators need. */
export interface Call {
  readonly node: OnnxNode;
  readonly opset: number;
  readonly inputs: readonly (RuntimeValue | undefined)[];
  value(index: number): RuntimeValue;
  tensor(index: number): Tensor;
  optionalTensor(index: number): Tensor | undefined;
  /** The integers of an input, or of an attribute in older operator sets. */
  integers(index: number, attribute?: string): Promise<readonly number[] | undefined>;
  int(attribute: string, otherwise: number): number;
  float(attribute: string, otherwise: number): number;
  text(attribute: string, otherwise: string): string;
  floats(attribute: string): readonly number[];
  ints(attribute: string): readonly number[];
  texts(attribute: string): readonly string[];
  fail(reason: string): OnnxError;
}

export function makeCall(node: OnnxNode, opset: number, inputs: readonly (RuntimeValue | undefined)[]): Call {
  const where = `${node.domain ? `${node.domain}.` : ''}${node.operator}${node.name ? ` "${node.name}"` : ''}`;
  const fail = (reason: string): OnnxError =>
    new OnnxError('NODE', `The node ${where} cannot be run: ${reason}.`, 'Check how the model was exported.');
  const value = (index: number): RuntimeValue => {
    const found = inputs[index];
    if (!found) throw fail(`its input ${index} is missing`);
    return found;
  };
  const tensor = (index: number): Tensor => {
    const found = value(index);
    if (found.kind === 'numbers') return found.tensor;
    throw fail(`its input ${index} is text`);
  };
  const attribute = (name: string) => node.attributes[name];
  return {
    node,
    opset,
    inputs,
    fail,
    value,
    tensor,
    optionalTensor: (index) => (inputs[index] ? tensor(index) : undefined),
    async integers(index, name) {
      if (inputs[index]) return [...(await tensor(index).data())];
      const found = name === undefined ? undefined : attribute(name);
      return found?.kind === 'ints' ? found.value : undefined;
    },
    int: (name, otherwise) => {
      const found = attribute(name);
      return found?.kind === 'int' ? found.value : otherwise;
    },
    float: (name, otherwise) => {
      const found = attribute(name);
      return found?.kind === 'float' ? found.value : otherwise;
    },
    text: (name, otherwise) => {
      const found = attribute(name);
      return found?.kind === 'string' ? found.value : otherwise;
    },
    floats: (name) => {
      const found = attribute(name);
      return found?.kind === 'floats' ? found.value : [];
    },
    ints: (name) => {
      const found = attribute(name);
      return found?.kind === 'ints' ? found.value : [];
    },
    texts: (name) => {
      const found = attribute(name);
      return found?.kind === 'strings' ? found.value : [];
    },
  };
}
