import { deepStrictEqual } from 'node:assert';
import { grad, openDevice, type Tensor, tensor } from '@trestle/core';

const device = await openDevice('wasm');
const x = tensor([1, 2, 3], { device });
deepStrictEqual([...(await x.mul(x).sum().data())], [14]);
const slope = grad((at: Tensor) => at.mul(at).sum())(x);
deepStrictEqual([...(await slope.data())], [2, 4, 6]);
