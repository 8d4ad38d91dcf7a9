import { expect, it } from 'vitest';
import type { ElementwiseFunction } from '../../src/graph/elementwise.ts';
import { type Node, operationName, type Primitive, type ReduceFunction } from '../../src/graph/node.ts';
import { tensor, zeros } from '../../src/index.ts';
import { SAMPLES } from './functions.ts';

/** Whether the laws of transforms, finite differences among them, must meet an operation. A new one has to be named here. */
const PRIMITIVES: Readonly<Record<Primitive['kind'], boolean>> = {
  data: true,
  constant: true,
  iota: true,
  // By their functions, below.
  elementwise: false,
  reduce: false,
  matmul: true,
  reshape: true,
  permute: true,
  expand: true,
  slice: true,
  flip: true,
  windows: true,
  assemble: true,
  gather: true,
  scatterAdd: true,
  argsort: true,
};
const FUNCTIONS: Readonly<Record<ElementwiseFunction | ReduceFunction, boolean>> = {
  neg: true,
  exp: true,
  log: true,
  sqrt: true,
  abs: true,
  sin: true,
  cos: true,
  tanh: true,
  floor: true,
  sign: true,
  not: true,
  isNaN: true,
  add: true,
  sub: true,
  mul: true,
  div: true,
  pow: true,
  maximum: true,
  minimum: true,
  shiftRight: true,
  equal: true,
  notEqual: true,
  less: true,
  lessEqual: true,
  where: true,
  cast: true,
  randomBits: true,
  sum: true,
  max: true,
  min: true,
};

it('meets every operation of the graph in the laws of transforms', () => {
  const met = new Set<string>();
  for (const { shape, fn } of SAMPLES) {
    const pending: Node[] = [fn(tensor(new Float32Array(zeros(shape).size), { shape })).node];
    const seen = new Set<Node>();
    for (let node = pending.pop(); node; node = pending.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      met.add(operationName(node.primitive));
      pending.push(...node.inputs);
    }
  }
  const wanted = Object.entries({ ...PRIMITIVES, ...FUNCTIONS }).filter(([, isMet]) => isMet);
  expect(wanted.map(([name]) => name).filter((name) => !met.has(name))).toEqual([]);
});
