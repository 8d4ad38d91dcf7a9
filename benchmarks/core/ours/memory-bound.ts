import type { Device, Tensor } from '@trestle/core';
import { layerNorm } from '@trestle/nn';
import type { Work } from '../workload.ts';
import { called, filled, type WorkOf } from './work.ts';

export function overRows(
  { kind, rows, columns }: WorkOf<'softmax' | 'layerNorm' | 'sum' | 'argmax'>,
  device: Device,
): Promise<Work> {
  const x = filled(device, 1, [rows, columns], 4);
  if (kind === 'softmax') return called(device, (t) => t.softmax(-1), [x]);
  if (kind === 'sum') return called(device, (t) => t.sum(-1), [x]);
  if (kind === 'argmax') return called(device, (t) => t.argmax(-1), [x]);
  const [scale, bias] = [filled(device, 2, [columns]), filled(device, 3, [columns])];
  return called(device, (t, s, b) => layerNorm({ scale: s, bias: b }, t), [x, scale, bias]);
}

/** Ten cheap operations: what is measured is memory, not a transcendental function. */
const tenOperations = (x: Tensor): Tensor =>
  x.mul(1.5).add(0.25).abs().maximum(0.5).neg().mul(x).sub(1).minimum(0.75).mul(0.5).add(x);

export const chain = ({ count }: WorkOf<'chain'>, device: Device): Promise<Work> =>
  called(device, tenOperations, [filled(device, 1, [count])]);

export function tiny(device: Device): Promise<Work> {
  const twenty = (x: Tensor, w: Tensor, b: Tensor): Tensor => {
    let h = x;
    for (let n = 0; n < 5; n++) {
      h = h.matmul(w).add(b).tanh();
      h = h.sub(h.mean(-1, { keepDims: true }));
    }
    return h;
  };
  return called(device, twenty, [
    filled(device, 1, [4, 4]),
    filled(device, 2, [4, 4]),
    filled(device, 3, [4]),
  ]);
}
