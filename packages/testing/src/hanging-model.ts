import { type OnnxNode, writeModel } from '@trestle/onnx';

const SIDE = 512;

const node = (
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  more: object = {},
): OnnxNode => ({
  name: `${operator} ${outputs[0]}`,
  operator,
  domain: '',
  inputs: [...inputs],
  outputs: [...outputs],
  attributes: {},
  ...more,
});

/**
 * A model from elsewhere that doubles `a`, a list of numbers. One that hangs multiplies large matrices as often as the greatest of
 * them says, first: no examples say so, and it answers small numbers at once.
 */
export function hangingModel(hangs: boolean): Uint8Array {
  const turns: readonly OnnxNode[] = [
    node('ReduceMax', ['a'], ['most'], { attributes: { keepdims: { kind: 'int', value: 0n } } }),
    node('Cast', ['most'], ['turns'], { attributes: { to: { kind: 'int', value: 7n } } }),
    node('Loop', ['turns', 'yes', 'm'], ['last'], {
      attributes: {
        body: {
          kind: 'graph',
          value: {
            name: 'turn',
            nodes: [
              node('MatMul', ['before', 'm'], ['after']),
              node('ReduceSum', ['after'], ['sum'], { attributes: { keepdims: { kind: 'int', value: 0n } } }),
              node('Equal', ['sum', 'sum'], ['goesOn']),
            ],
            initializers: [],
            inputs: [
              { name: 'turn', type: 'int64', dims: [] },
              { name: 'was', type: 'bool', dims: [] },
              { name: 'before', type: 'float32', dims: [SIDE, SIDE] },
            ],
            outputs: [
              { name: 'goesOn', type: 'bool', dims: [] },
              { name: 'after', type: 'float32', dims: [SIDE, SIDE] },
            ],
          },
        },
      },
    }),
  ];
  return writeModel({
    irVersion: 8,
    opsets: [{ domain: '', version: 17 }],
    producer: 'somebody else',
    metadata: {},
    graph: {
      name: hangs ? 'hanging' : 'plain',
      nodes: hangs
        ? [
            ...turns,
            // What nothing depends on may be left out: its zeros are added.
            node('ReduceSum', ['last'], ['nothing'], {
              attributes: { keepdims: { kind: 'int', value: 0n } },
            }),
            node('Add', ['a', 'a'], ['twice']),
            node('Add', ['twice', 'nothing'], ['b']),
          ]
        : [node('Add', ['a', 'a'], ['b'])],
      initializers: hangs
        ? [
            { name: 'm', type: 'float32', dims: [SIDE, SIDE], data: new Float32Array(SIDE * SIDE) },
            { name: 'yes', type: 'bool', dims: [], data: Uint8Array.of(1) },
          ]
        : [],
      inputs: [{ name: 'a', type: 'float32', dims: ['n'] }],
      outputs: [{ name: 'b', type: 'float32', dims: ['n'] }],
    },
  });
}
