import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as core from '../src/index.ts';
import { CoreError, type Tensor, tensor } from '../src/index.ts';
import { interpreter } from './interpreter/interpreter.ts';

const here = fileURLToPath(import.meta.url);
const m = tensor(new Float32Array(12), { shape: [3, 4] });
const image = tensor(new Float32Array(2 * 5 * 5 * 3), { shape: [2, 5, 5, 3] });
const places = tensor(Int32Array.of(0, 1));
/** What only a caller without types can give. */
const wrong = <T>(value: unknown): T => value as T;
const stranger = tensor([1, 2], { device: interpreter() });
const disposed = (): Tensor => {
  const t = tensor([1, 2]);
  t.dispose();
  return t;
};
const disposedMatrix = (): Tensor => {
  const t = tensor(Array.from({ length: 4 }, () => new Array<number>(64).fill(1)));
  t.dispose();
  return t;
};
const donated = (): Tensor => {
  const t = tensor([1, 2]);
  core.jit((x: Tensor) => x.add(1), { donate: [0] })(t);
  return t;
};

/** What is called, the code of the error, and what its message names: the operation as the user calls it, shapes, values. */
type Case = readonly [call: () => unknown, code: string, ...names: string[]];

const MISMATCHES: readonly Case[] = [
  ...(
    [
      'add',
      'sub',
      'mul',
      'div',
      'pow',
      'maximum',
      'minimum',
      'equal',
      'notEqual',
      'less',
      'lessEqual',
    ] as const
  ).map((name): Case => [() => m[name](tensor([1, 2])), 'SHAPE_MISMATCH', `${name}:`, '[3, 4]', '[2]']),
  [() => m.greater(tensor([1, 2])), 'SHAPE_MISMATCH', 'greater:', '[3, 4]', '[2]'],
  [() => m.greaterEqual(tensor([1, 2])), 'SHAPE_MISMATCH', 'greaterEqual:', '[3, 4]', '[2]'],
  [() => core.where(m, tensor([1, 2]), 0), 'SHAPE_MISMATCH', 'where:', '[3, 4]', '[2]'],
  [() => m.clamp(tensor([1, 2])), 'SHAPE_MISMATCH', 'clamp:', '[3, 4]', '[2]'],
  [() => core.atan2(m, tensor([1, 2])), 'SHAPE_MISMATCH', 'atan2:', '[3, 4]', '[2]'],
  [() => core.maskedSelect(m, tensor([1, 2])), 'SHAPE_MISMATCH', 'maskedSelect:', '[3, 4]', '[2]'],
  [() => m.matmul(m), 'SHAPE_MISMATCH', 'matmul:', '[3, 4]'],
  [() => m.matmul(tensor([1])), 'SHAPE_MISMATCH', 'matmul:', '[3, 4]', '[1]'],
  [
    () =>
      m
        .reshape([1, 3, 4])
        .expand([2, 3, 4])
        .matmul(m.reshape([1, 4, 3]).expand([3, 4, 3])),
    'SHAPE_MISMATCH',
    'matmul:',
    '[2, 3, 4]',
    '[3, 4, 3]',
  ],
  [() => core.einsum('ij,jk->ik', m, m), 'EINSUM', 'einsum:', 'ij,jk->ik', '[3, 4]'],
  [() => core.einsum('ijk->i', m), 'EINSUM', 'einsum:', 'ijk->i', '[3, 4]'],
  [() => core.einsum('ij->iz', m), 'EINSUM', 'einsum:', 'ij->iz', '[3, 4]'],
  [() => core.einsum('ij,jk', m), 'EINSUM', 'einsum:', 'ij,jk', '[3, 4]'],
  [() => m.reshape([5]), 'RESHAPE', 'reshape:', '[3, 4]', '[5]'],
  [() => m.reshape([-1, -1]), 'RESHAPE', 'reshape:', '[3, 4]', '[-1, -1]'],
  [() => m.expand([2, 4]), 'SHAPE_MISMATCH', 'expand:', '[3, 4]', '[2, 4]'],
  [() => m.expand([4]), 'SHAPE_MISMATCH', 'expand:', '[3, 4]', '[4]'],
  [() => core.concat([m, tensor([[1]])]), 'SHAPE_MISMATCH', 'concat:', '[3, 4]', '[1, 1]'],
  [() => core.stack([m, tensor([[1]])]), 'SHAPE_MISMATCH', 'stack:', '[3, 4]', '[1, 1]'],
  [() => m.takeAlong(tensor(Int32Array.of(0))), 'GATHER', 'takeAlong:', '[3, 4]', '[1]'],
  [() => core.conv1d(image, m), 'CONVOLUTION', 'conv1d:', '[2, 5, 5, 3]', '[3, 4]'],
  [() => core.conv2d(image, m), 'CONVOLUTION', 'conv2d:', '[2, 5, 5, 3]', '[3, 4]'],
  [
    () => core.conv2d(image, core.zeros([3, 3, 4, 8])),
    'CONVOLUTION',
    'conv2d:',
    '[2, 5, 5, 3]',
    '[3, 3, 4, 8]',
  ],
  [() => core.conv2d(image, core.zeros([7, 7, 3, 8])), 'CONVOLUTION', 'conv2d:', '7', '5'],
  [() => core.maxPool(image, 6), 'CONVOLUTION', 'maxPool:', '6', '5'],
  [() => core.averagePool(m, 2), 'CONVOLUTION', 'averagePool:', '[]'],
  [() => m.item(), 'NOT_A_SCALAR', 'item:', '[3, 4]'],
  [() => core.grad((x: Tensor) => x.mul(2))(m), 'NOT_A_SCALAR', 'grad:', '[3, 4]'],
  [() => core.jvp((x: Tensor) => x, [m], [places]), 'TANGENT', 'jvp:', '[3, 4]', '[2]'],
  [() => core.vjp((x: Tensor) => x, m).pullback(places), 'TANGENT', 'vjp:', '[3, 4]', '[2]'],
  [() => core.vmap((x: Tensor, y: Tensor) => x.add(y))(m, places), 'VMAP', 'vmap:', '[3, 2]'],
  [() => core.zipTrees([[m], [m, m]], (a) => a), 'TREE_FORM', 'zipTrees:', '1', '2'],
  [() => tensor([1, 2, 3], { shape: [2, 2] }), 'SHAPE_MISMATCH', 'tensor:', '3', '[2, 2]'],
  [() => tensor([[1, 2], [3]]), 'RAGGED', 'tensor:'],
];

const AXES: readonly Case[] = [
  ...(
    [
      'sum',
      'max',
      'min',
      'mean',
      'prod',
      'variance',
      'std',
      'norm',
      'logSumExp',
      'any',
      'all',
      'cumsum',
      'cumprod',
      'sort',
      'argsort',
      'argmin',
      'argmax',
      'softmax',
      'logSoftmax',
      'flip',
      'expandDims',
      'squeeze',
    ] as const
  ).map((name): Case => [() => m[name](5), 'AXIS', `${name}:`, 'axis 5', '[3, 4']),
  [() => m.sum(1.5), 'AXIS', 'sum:', 'axis 1.5', '[3, 4]'],
  [() => tensor(1).cumsum(), 'AXIS', 'cumsum:', 'axis -1', '[]'],
  [() => core.unique(m, { axis: 2 }), 'AXIS', 'unique:', 'axis 2', '[3, 4]'],
  [() => core.cumulativeMax(m, 2), 'AXIS', 'cumulativeMax:', 'axis 2', '[3, 4]'],
  [() => core.cumulativeMin(m, 2), 'AXIS', 'cumulativeMin:', 'axis 2', '[3, 4]'],
  [() => core.scatter(m, places, m, 2), 'AXIS', 'scatter:', 'axis 2', '[3, 4]'],
  [() => m.squeeze(0), 'AXIS', 'squeeze:', 'axis 0', '[3, 4]'],
  [() => m.transpose([0, 0]), 'AXIS', 'transpose:', '[0, 0]', '[3, 4]'],
  [() => m.transpose([0, 2]), 'AXIS', 'transpose:', 'axis 2', '[3, 4]'],
  [() => m.moveAxis(2, 0), 'AXIS', 'moveAxis:', 'axis 2', '[3, 4]'],
  [() => m.gather(places, 2), 'AXIS', 'gather:', 'axis 2', '[3, 4]'],
  [() => m.takeAlong(places, 2), 'AXIS', 'takeAlong:', 'axis 2', '[3, 4]'],
  [() => m.split(2, 2), 'AXIS', 'split:', 'axis 2', '[3, 4]'],
  [() => m.windows([{ axis: 2, size: 1 }]), 'AXIS', 'windows:', 'axis 2', '[3, 4]'],
  [() => core.concat([m, m], 2), 'AXIS', 'concat:', 'axis 2', '[3, 4]'],
  [() => core.stack([m, m], 3), 'AXIS', 'stack:', 'axis 3', '[3, 4'],
  [() => core.topK(m, 1, 2), 'AXIS', 'topK:', 'axis 2', '[3, 4]'],
  [() => core.lowerTriangle(tensor([1])), 'AXIS', 'lowerTriangle:', 'axis -2', '[1]'],
  [() => core.upperTriangle(tensor([1])), 'AXIS', 'upperTriangle:', 'axis -2', '[1]'],
  [() => core.vmap((x: Tensor) => x, { inAxes: 2 })(m), 'AXIS', 'vmap:', 'axis 2', '[3, 4]'],
];

const VALUES: readonly Case[] = [
  [() => core.zeros([2, -1]), 'SHAPE', 'zeros:', '[2, -1]'],
  [() => core.ones([1.5]), 'SHAPE', 'ones:', '[1.5]'],
  [() => core.full([Number.NaN], 1), 'SHAPE', 'full:', '[NaN]'],
  [() => core.arange(-3), 'SHAPE', 'arange:', '[-3]'],
  [() => core.eye(0.5), 'SHAPE', 'eye:', '[0.5, 0.5]'],
  [() => core.random.uniform(core.random.key(1), [-2]), 'SHAPE', 'random.uniform:', '[-2]'],
  [() => core.random.normal(core.random.key(1), [-2]), 'SHAPE', 'random.normal:', '[-2]'],
  [() => core.random.bernoulli(core.random.key(1), 0.5, [-2]), 'SHAPE', 'random.', '[-2]'],
  [() => m.slice([[0, 2, 0]]), 'SLICE', 'slice:', '[0, 2, 0]', '[3, 4]'],
  [() => m.slice([[0.5, 2]]), 'SLICE', 'slice:', '0.5', '[3, 4]'],
  [() => m.slice([null, null, [0, 1]]), 'SLICE', 'slice:', '3 ranges', '[3, 4]'],
  [() => m.pad([[-1, 0]]), 'PAD', 'pad:', '[-1, 0]', '[3, 4]'],
  [
    () =>
      m.pad([
        [0, 0],
        [0, 0],
        [1, 1],
      ]),
    'PAD',
    'pad:',
    '[1, 1]',
    '[3, 4]',
  ],
  [() => m.windows([{ axis: 0, size: 4 }]), 'WINDOW', 'windows:', '4', '[3, 4]'],
  [() => m.windows([{ axis: 0, size: 2, stride: 0 }]), 'WINDOW', 'windows:', 'stride 0', '[3, 4]'],
  [() => m.split(5), 'SPLIT', 'split:', '5', '[3, 4]'],
  [() => m.split([1, 1]), 'SPLIT', 'split:', '[1, 1]', '[3, 4]'],
  [() => core.topK(m, 5), 'COUNT', 'topK:', '5', '[3, 4]'],
  [() => core.oneHot(places, 0), 'ONE_HOT', 'oneHot:', '0', '[2]'],
  [() => core.concat(wrong([])), 'NO_TENSORS', 'concat:'],
  [() => core.stack(wrong([])), 'NO_TENSORS', 'stack:'],
  [
    () => core.conv2d(image, core.zeros([3, 3, 3, 8]), { stride: 0 }),
    'CONVOLUTION',
    'conv2d:',
    'stride [0, 0]',
  ],
  [() => core.conv2d(image, core.zeros([3, 3, 3, 8]), { padding: -1 }), 'CONVOLUTION', 'conv2d:', '-1'],
  [() => core.conv2d(image, core.zeros([3, 3, 1, 8]), { groups: 3 }), 'CONVOLUTION', 'conv2d:', '3 groups'],
  [() => core.maxPool(image, 0), 'CONVOLUTION', 'maxPool:', '[0, 0]'],
  [
    () => core.conv2d(image, core.zeros([3, 3, 3, 8]), { stride: [2] }),
    'CONVOLUTION',
    'conv2d:',
    'the stride is given for 1 axes, and there are 2',
  ],
  [
    () => core.maxPool(image, 2, { padding: [[1, 1]] }),
    'CONVOLUTION',
    'maxPool:',
    'the padding is given for 1',
  ],
  [() => core.averagePool(image, [2, 2, 2]), 'CONVOLUTION', 'averagePool:', 'the size is given for 3 axes'],
  [() => core.pad(m, [[-4, 0]]), 'PAD', 'pad:', '[-4, 0]', '[3, 4]'],
  [() => core.pad(core.zeros([0]), [[1, 0]], { mode: 'edge' }), 'PAD', 'pad:', '[1, 0]', '[0]'],
  [() => core.interpolate(image, [4]), 'INTERPOLATE', 'interpolate:', '[4]'],
  [() => core.interpolate(image, [0, 4]), 'INTERPOLATE', 'interpolate:', '[0, 4]'],
  [() => core.adaptiveMaxPool(image, 0), 'POOL', 'adaptive pooling:', '[0, 0]'],
  [() => core.adaptiveAveragePool(image, [1]), 'POOL', 'adaptive pooling:', '[1'],
  [() => core.conv3d(image, core.zeros([3, 3, 3, 8])), 'CONVOLUTION', 'conv3d:', '[3, 3, 3, 8]'],
  [
    () => core.convTranspose1d(core.zeros([1, 4, 2]), core.zeros([3, 1, 3])),
    'CONVOLUTION',
    'convTranspose1d:',
    '[3, 1, 3]',
  ],
  [
    () => core.convTranspose2d(image, core.zeros([1, 1, 1, 3]), { padding: 9 }),
    'CONVOLUTION',
    'convTranspose2d:',
    'padding 9 and 9',
  ],
  [
    () =>
      core.convTranspose3d(core.zeros([1, 2, 2, 2, 1]), core.zeros([1, 1, 1, 1, 1]), { outputPadding: 1 }),
    'CONVOLUTION',
    'convTranspose3d:',
    'output padding 1',
  ],
  [() => m.norm(0, { p: Number.NaN }), 'NORM_ORDER', 'norm:'],
  ...(['max', 'min', 'argmax', 'argmin'] as const).map(
    (name): Case => [() => core.zeros([2, 0])[name](1), 'EMPTY_REDUCTION', `${name}:`, '[2, 0]'],
  ),
];

const TYPES: readonly Case[] = [
  [() => m.gather(tensor([0, 1])), 'GATHER', 'gather:', 'float32[2]', '[3, 4]'],
  [() => m.takeAlong(m), 'GATHER', 'takeAlong:', 'float32[3, 4]'],
  [() => core.scatter(m, m, m), 'SCATTER', 'scatter:', 'float32[3, 4]', '[3, 4]'],
  [() => core.takeAt(m, []), 'SCATTER', 'takeAt:', 'none', '[3, 4]'],
  [() => core.putAt(m, [m], m), 'SCATTER', 'putAt:', 'float32[3, 4]'],
  [() => core.scatter(m, wrong([1]), m), 'OPERAND', 'scatter:', 'a list'],
  [() => core.atan2(m, wrong(1)), 'OPERAND', 'atan2:', 'number'],
  [() => core.oneHot(m, 3), 'ONE_HOT', 'oneHot:', 'float32[3, 4]'],
  [() => core.concat([m, m.cast('int32')]), 'SHAPE_MISMATCH', 'concat:', 'int32[3, 4]', 'float32[3, 4]'],
  [() => core.grad((x: Tensor) => x.sum())(places), 'GRAD_DTYPE', 'grad:', 'int32[2]'],
  [() => m.cast(wrong('float64')), 'DTYPE', 'cast:', 'float64'],
  [() => tensor([1], { dtype: wrong('float64') }), 'DTYPE', 'tensor:', 'float64'],
  [() => core.zeros([1], { dtype: wrong('int8') }), 'DTYPE', 'zeros:', 'int8'],
  [() => core.arange(1, { dtype: wrong('int8') }), 'DTYPE', 'arange:', 'int8'],
  [() => m.add(wrong(undefined)), 'OPERAND', 'add:', '[3, 4]', 'undefined'],
  [() => m.mul(wrong('2')), 'OPERAND', 'mul:', '[3, 4]', 'string'],
  [() => m.less(wrong([1, 2])), 'OPERAND', 'less:', '[3, 4]', 'a list'],
  [() => m.greater(wrong(null)), 'OPERAND', 'greater:', '[3, 4]', 'null'],
  [() => core.where(m, m, wrong('0')), 'OPERAND', 'where:', '[3, 4]', 'string'],
  [() => m.matmul(wrong([[1]])), 'OPERAND', 'matmul:', '[3, 4]', 'a list'],
  [() => `${Number(wrong(m))}`, 'OPERATOR', 'float32[3, 4]'],
];

const LIFETIMES: readonly Case[] = [
  [() => disposed().data(), 'RELEASED', 'data:', 'float32[2]', 'dispose()'],
  [() => disposed().item(), 'NOT_A_SCALAR', 'item:', '[2]'],
  [() => disposed().add(1), 'RELEASED', 'add:', 'float32[2]', 'dispose()'],
  [() => disposed().sum(), 'RELEASED', 'sum:', 'float32[2]', 'dispose()'],
  [() => core.inPanels(disposedMatrix()), 'RELEASED', 'reshape:', 'float32[4, 64]', 'dispose()'],
  [() => disposed().matmul(disposed().reshape([2, 1])), 'RELEASED', 'reshape:', 'float32[2]', 'dispose()'],
  [() => core.concat([disposed(), disposed()]), 'RELEASED', 'assemble:', 'float32[2]', 'dispose()'],
  [() => core.jit((x: Tensor) => x.add(1))(disposed()), 'RELEASED', 'jit:', 'float32[2]', 'dispose()'],
  [() => donated().add(1), 'RELEASED', 'add:', 'float32[2]', 'donation'],
  [
    () => {
      const t = tensor([1, 2]);
      core.jit((x: Tensor, y: Tensor) => x.add(y), { donate: [0] })(t, t);
    },
    'DONATED',
    'jit:',
    '[2]',
  ],
  [() => core.jit(() => stranger.add(m.sum()))(), 'DEVICE_MISMATCH', 'add:', 'reference', 'wasm', '[2]'],
  [() => core.jit((x: Tensor) => wrong<Tensor>(x.data()))(m), 'ASYNC', 'promise'],
  [() => core.scope(() => wrong<Tensor>(Promise.resolve(m))), 'ASYNC', 'scope', 'promise'],
];

const LARGE: readonly Case[] = [
  [
    () =>
      core
        .zeros([2 ** 20, 2 ** 20])
        .add(1)
        .data(),
    'OUT_OF_MEMORY',
    'elementwise [1048576, 1048576]',
    '4 GiB',
  ],
  [
    () =>
      core
        .zeros([2 ** 17, 2])
        .matmul(core.zeros([2, 2 ** 17]))
        .data(),
    'OUT_OF_MEMORY',
    'matmul [131072, 2] x [2, 131072]',
    '4 GiB',
  ],
];

/** The error of a call, thrown or of its promise. */
async function errorOf(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

describe.each([
  ['shapes that do not fit', MISMATCHES],
  ['axes that are not there', AXES],
  ['values out of range', VALUES],
  ['wrong types', TYPES],
  ['values that are gone, or elsewhere', LIFETIMES],
  ['tensors too large', LARGE],
])('%s', (_, cases) => {
  it.each(cases.map(([call, code, ...names]) => ({ text: String(call), call, code, names })))(
    '$code of $text',
    async ({ call, code, names }) => {
      const error = await errorOf(call);
      expect(error).toBeInstanceOf(CoreError);
      if (!(error instanceof CoreError)) return;
      expect(error.code).toBe(`TRS_CORE_${code}`);
      for (const name of names) expect(error.message).toContain(name);
      expect(error.callSite).toContain(here);
      expect(error.message).toContain(`(at ${error.callSite})`);
      expect(error.hint).not.toBe('');
    },
  );
});

/** They take any tensor, number or function, or no argument at all. */
const CANNOT_FAIL = [
  ...[
    'neg',
    'exp',
    'log',
    'sqrt',
    'abs',
    'sin',
    'cos',
    'tanh',
    'floor',
    'ceil',
    'sign',
    'not',
    'isNaN',
    'square',
  ],
  ...[
    'round',
    'trunc',
    'tan',
    'asin',
    'acos',
    'atan',
    'sinh',
    'cosh',
    'asinh',
    'acosh',
    'atanh',
    'log1p',
    'expm1',
    'nonzero',
  ],
  ...['relu', 'sigmoid', 'erf', 'gelu', 'silu', 'softplus', 'toString', 'dispose'],
  ...['mapTree', 'treeLeaves', 'realizeTree', 'valueAndGrad', 'checkpoint', 'customGradient', 'explain'],
  ...[
    'startTrace',
    'defaultDevice',
    'openDevice',
    'setDefaultDevice',
    'debug',
    'Tensor',
    'CoreError',
    'constructor',
  ],
];

it('meets every operation that is exported', () => {
  const cases = [MISMATCHES, AXES, VALUES, TYPES, LIFETIMES, LARGE].flat();
  const met = new Set(
    cases.flatMap(([call, , ...names]) =>
      [...`${String(call)} ${names.join(' ')}`.matchAll(/\w+/g)].map(String),
    ),
  );
  const functions = Object.entries(core).flatMap(([name, value]) =>
    typeof value === 'function' ? [name] : [],
  );
  const methods = Object.entries(Object.getOwnPropertyDescriptors(core.Tensor.prototype)).flatMap(
    ([name, { value }]) => (typeof value === 'function' ? [name] : []),
  );
  const missing = [...functions, ...methods].filter((name) => !met.has(name) && !CANNOT_FAIL.includes(name));
  expect(missing).toEqual([]);
});
