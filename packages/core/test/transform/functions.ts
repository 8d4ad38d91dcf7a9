import {
  acos,
  acosh,
  adaptiveAveragePool,
  arange,
  asin,
  asinh,
  atan,
  atan2,
  atanh,
  averagePool,
  checkpoint,
  concat,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  cosh,
  cumulativeMax,
  cumulativeMin,
  customGradient,
  einsum,
  erf,
  expm1,
  gelu,
  interpolate,
  log1p,
  lowerTriangle,
  maxPool,
  pad,
  putAt,
  random,
  scatter,
  silu,
  sinh,
  softplus,
  stack,
  Tensor,
  takeAt,
  tan,
  tensor,
  topK,
  upperTriangle,
  where,
} from '../../src/index.ts';
import * as indexing from '../../src/operation/indexing.ts';

/** A smooth-enough function of one tensor of the shape named, for the laws of transforms. */
export interface Sample {
  readonly name: string;
  readonly shape: readonly number[];
  readonly fn: (x: Tensor) => Tensor;
  /** It has kinks or jumps where elements are equal, zero or whole: inputs keep away from them. */
  readonly isKinked?: boolean;
}

const weights = (shape: readonly number[], scale = 0.3): Tensor =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => scale * Math.sin(3 * i + 1)),
    { shape },
  );
const places = tensor(Int32Array.of(2, 0, 2, 1));

const square = customGradient(
  (x: Tensor) => x.mul(x),
  (g, _, x) => [g.mul(x).mul(2)],
);

export const SAMPLES: readonly Sample[] = [
  { name: 'arithmetic', shape: [3, 4], fn: (x) => x.mul(x).add(2).div(x.abs().add(1)).sub(x.neg()) },
  { name: 'exp, log, sqrt', shape: [3, 4], fn: (x) => x.exp().add(1).log().mul(x.square().add(1).sqrt()) },
  { name: 'sin, cos, tanh', shape: [3, 4], fn: (x) => x.sin().mul(x.cos()).add(x.tanh()) },
  {
    name: 'powers',
    shape: [3, 4],
    fn: (x) =>
      x
        .abs()
        .add(1)
        .pow(2.5)
        .add(x.square().add(1).pow(x.mul(0.1))),
  },
  {
    name: 'where',
    shape: [3, 4],
    fn: (x) => where(x.greater(0), x.square(), x.exp().sub(1)),
    isKinked: true,
  },
  {
    name: 'maximum and minimum',
    shape: [3, 4],
    fn: (x) => x.maximum(0.1).minimum(x.square()),
    isKinked: true,
  },
  {
    name: 'sums and means',
    shape: [3, 4],
    fn: (x) =>
      x
        .square()
        .sum(0)
        .mul(x.mean(1, { keepDims: true })),
  },
  {
    name: 'softmax',
    shape: [3, 4],
    fn: (x) => x.softmax(1).mul(x).sum(1).add(x.logSoftmax(0).mean(0).sum()),
  },
  { name: 'variance and norm', shape: [3, 4], fn: (x) => x.variance(1).add(x.norm(1)).add(x.logSumExp(1)) },
  { name: 'largest', shape: [3, 4], fn: (x) => x.max(1).mul(x.square().min(1)), isKinked: true },
  {
    name: 'matmul',
    shape: [3, 4],
    fn: (x) =>
      x
        .matmul(weights([4, 5]))
        .tanh()
        .matmul(weights([5, 2])),
  },
  {
    name: 'matmul from the right',
    shape: [3, 4],
    fn: (x) => weights([2, 3]).matmul(x).matmul(x.transpose()),
  },
  {
    name: 'batched matmul',
    shape: [2, 3, 4],
    fn: (x) => x.matmul(x.transpose([0, 2, 1])).matmul(weights([3, 2])),
  },
  { name: 'einsum', shape: [2, 3, 4], fn: (x) => einsum('bij,bkj,j->bik', x, x, weights([4])) },
  {
    name: 'reshape and transpose',
    shape: [3, 4],
    fn: (x) =>
      x
        .reshape([2, 6])
        .transpose()
        .mul(weights([6, 2]))
        .expandDims(1),
  },
  {
    name: 'expand',
    shape: [3, 1],
    fn: (x) =>
      x
        .expand([2, 3, 4])
        .mul(weights([3, 4]))
        .square(),
  },
  {
    name: 'slices with steps',
    shape: [5, 7],
    fn: (x) =>
      x
        .slice([
          [1, 5, 2],
          [0, 7, 3],
        ])
        .square()
        .mul(weights([2, 3])),
  },
  {
    name: 'flip',
    shape: [3, 4],
    fn: (x) =>
      x
        .flip(1)
        .mul(x)
        .flip(0)
        .mul(weights([3, 4])),
  },
  {
    name: 'pad and concat',
    shape: [3, 4],
    fn: (x) =>
      concat(
        [
          x.pad([
            [1, 0],
            [0, 2],
          ]),
          x.square().pad([
            [0, 1],
            [1, 1],
          ]),
        ],
        1,
      ).mul(weights([4, 12])),
  },
  {
    name: 'windows',
    shape: [6, 7],
    fn: (x) =>
      x
        .windows([
          { axis: 0, size: 2, stride: 2 },
          { axis: 1, size: 3, dilation: 2 },
        ])
        .square()
        .mul(weights([2, 3])),
  },
  {
    name: 'gather',
    shape: [3, 4],
    fn: (x) =>
      x
        .gather(places)
        .mul(weights([4, 4]))
        .add(x.gather(places.slice([[1, 4]]), 1).sum()),
  },
  {
    name: 'sort and topK',
    shape: [3, 5],
    fn: (x) =>
      x
        .sort(1)
        .mul(weights([5]))
        .add(topK(x, 2, 1).values.sum()),
    isKinked: true,
  },
  { name: 'scans', shape: [3, 5], fn: (x) => x.cumsum(1).mul(x.cumprod(0)) },
  { name: 'prod', shape: [3, 4], fn: (x) => x.prod(1) },
  { name: 'triangles', shape: [4, 4], fn: (x) => upperTriangle(x.matmul(x)) },
  { name: 'erf, gelu', shape: [3, 4], fn: (x) => erf(x).add(gelu(x)) },
  { name: 'conv1d', shape: [2, 6, 3], fn: (x) => conv1d(x, weights([3, 3, 2]), { padding: 'same' }).tanh() },
  {
    name: 'conv2d',
    shape: [1, 5, 6, 2],
    fn: (x) => conv2d(x, weights([3, 2, 2, 3]), { stride: 2, padding: 1 }).square(),
  },
  {
    name: 'conv2d by its weight',
    shape: [2, 3, 2, 2],
    fn: (w) =>
      conv2d(weights([2, 5, 7, 2], 1), w.transpose([0, 1, 3, 2]).reshape([2, 3, 2, 2]), {
        padding: [
          [1, 0],
          [0, 2],
        ],
        dilation: [1, 2],
      }).square(),
  },
  {
    name: 'grouped conv2d',
    shape: [2, 4, 4, 4],
    fn: (x) => conv2d(x, weights([2, 2, 2, 6]), { groups: 2, stride: [1, 2] }).tanh(),
  },
  {
    name: 'grouped conv2d by its weight',
    shape: [2, 2, 2, 6],
    fn: (w) => conv2d(weights([2, 4, 4, 4], 1), w, { groups: 2, padding: 1, stride: 2 }).square(),
  },
  {
    name: 'depthwise conv2d',
    shape: [2, 4, 5, 3],
    fn: (x) => conv2d(x, weights([3, 3, 1, 3]), { groups: 3, padding: 1 }).square(),
  },
  {
    name: 'depthwise conv2d by its weight',
    shape: [3, 3, 1, 3],
    fn: (w) => conv2d(weights([2, 4, 5, 3], 1), w, { groups: 3, padding: 1, stride: 2 }).square(),
  },
  {
    name: 'depthwise conv2d with a large window',
    shape: [1, 6, 7, 2],
    fn: (x) => conv2d(x, weights([5, 6, 1, 2]), { groups: 2, padding: 1 }).square(),
  },
  {
    name: 'max pooling',
    shape: [1, 4, 6, 2],
    fn: (x) => maxPool(x, 2, { padding: 1 }).mul(2),
    isKinked: true,
  },
  {
    name: 'average pooling',
    shape: [1, 5, 5, 2],
    fn: (x) => averagePool(x, 3, { stride: 2, padding: 1 }).square(),
  },
  {
    name: 'a checkpoint',
    shape: [3, 4],
    fn: (x) => {
      const scale = x.mean();
      return checkpoint((t: Tensor) => t.tanh().mul(t).mul(scale))(x).sum(1);
    },
  },
  { name: 'a gradient of its own', shape: [3, 4], fn: (x) => square(x.sin()).mul(x) },
  {
    name: 'activations',
    shape: [3, 4],
    fn: (x) => x.sigmoid().add(silu(x)).mul(softplus(x)).add(x.relu()),
    isKinked: true,
  },
  {
    name: 'steps, which are flat',
    shape: [3, 4],
    fn: (x) =>
      x
        .floor()
        .add(x.ceil())
        .add(x.sign())
        .mul(x)
        .add(x.cast('int32').add(x.cast('bool'))),
    isKinked: true,
  },
  {
    name: 'comparisons, which are flat',
    shape: [3, 4],
    fn: (x) => {
      const [equals, differs] = [x.equal(x.max()), x.notEqual(x.min())];
      const ordered = x.less(0).add(x.lessEqual(x.mean())).add(x.isNaN()).add(x.greater(0).not());
      return equals.add(differs).add(ordered).mul(x.square());
    },
    isKinked: true,
  },
  { name: 'clamp', shape: [3, 4], fn: (x) => x.clamp(-0.3, 0.2).mul(x), isKinked: true },
  {
    name: 'standard deviation and norms',
    shape: [3, 4],
    fn: (x) =>
      x
        .std(1, { correction: 1 })
        .add(x.norm(1, { p: 1 }))
        .add(x.norm(1, { p: 3 }))
        .add(x.norm(1, { p: Number.POSITIVE_INFINITY })),
    isKinked: true,
  },
  {
    name: 'scatterAdd',
    shape: [4, 3],
    fn: (x) => new Tensor(indexing.scatterAdd(x.square().node, places.node, 0, 3)).mul(weights([3, 3])),
  },
  {
    name: 'takeAlong',
    shape: [2, 4],
    fn: (x) => x.takeAlong(places.reshape([2, 2]), 1).mul(weights([2, 2])),
  },
  {
    name: 'stack, split and squeeze',
    shape: [2, 4],
    fn: (x) => {
      const [left = x, right = x] = x.split([1, 3], 1);
      return stack([left.squeeze(1), right.sum(1)], 1)
        .moveAxis(0, 1)
        .square();
    },
  },
  { name: 'diagonals', shape: [4, 4], fn: (x) => einsum('ii->i', x.mul(x)).add(lowerTriangle(x, -1).sum(0)) },
  {
    name: 'a random mask, and counting',
    shape: [3, 4],
    fn: (x) =>
      x
        .mul(random.bernoulli(random.key(5), 0.5, [3, 4]))
        .mul(arange(4))
        .tanh(),
  },
  {
    name: 'conv1d by its weight',
    shape: [3, 2, 4],
    fn: (w) => conv1d(weights([2, 7, 4], 1), w, { groups: 2, stride: 2, padding: 1, dilation: 2 }).square(),
  },
  {
    name: 'transposed convolutions',
    shape: [1, 3, 3, 2],
    fn: (x) => convTranspose2d(x, weights([2, 3, 2, 2]), { stride: 2, padding: 1, outputPadding: 1 }),
  },
  {
    name: 'transposed convolutions by their weight',
    shape: [2, 3, 2],
    fn: (w) => convTranspose1d(weights([1, 4, 2]), w, { stride: 2, dilation: 2 }),
  },
  { name: 'conv3d', shape: [1, 3, 3, 2, 2], fn: (x) => conv3d(x, weights([2, 2, 2, 2, 2]), { padding: 1 }) },
  {
    name: 'scatter',
    shape: [4],
    fn: (x) => scatter(x.mul(x), places, x.sin()).mul(scatter(x, places, x, 0, { reduction: 'mul' })),
  },
  {
    name: 'places of leading axes',
    shape: [3, 2],
    fn: (x) =>
      putAt(x, [places], weights([4, 2]).mul(2), { reduction: 'add' }).mul(takeAt(x, [places.sub(0)]).sum()),
  },
  {
    name: 'padding',
    shape: [3, 4],
    fn: (x) =>
      pad(
        x,
        [
          [2, 1],
          [-1, 5],
        ],
        { mode: 'reflect' },
      ).square(),
  },
  {
    name: 'inverse functions',
    shape: [3, 4],
    fn: (x) => {
      const small = x.tanh().mul(0.9);
      return asin(small)
        .add(acos(small.square()))
        .add(atan(x))
        .add(atanh(small))
        .add(asinh(x))
        .add(acosh(x.square().add(1.5)));
    },
  },
  {
    name: 'hyperbolic functions',
    shape: [3, 4],
    fn: (x) =>
      sinh(x)
        .add(cosh(x))
        .add(expm1(x))
        .add(log1p(x.square()))
        .add(tan(x.mul(0.3))),
  },
  { name: 'angles', shape: [3, 4], fn: (x) => atan2(x.add(3), x.square().add(1)) },
  {
    name: 'norms',
    shape: [3, 4],
    fn: (x) =>
      x
        .norm(1, { p: 3 })
        .add(x.square().add(1).norm(1, { p: 0.5 }))
        .add(x.norm(1)),
  },
  {
    name: 'deviations and sigmoids',
    shape: [3, 4],
    fn: (x) => x.std(1, { keepDims: true }).mul(x.sigmoid()).add(softplus(x)),
  },
  { name: 'clamping', shape: [3, 4], fn: (x) => x.mul(x).clamp(x.mul(0.3), 0.8), isKinked: true },
  {
    name: 'interpolation',
    shape: [1, 3, 4, 2],
    fn: (x) => interpolate(x, [5, 2], { mode: 'cubic' }).square(),
  },
  { name: 'adaptive pooling', shape: [1, 5, 3, 2], fn: (x) => adaptiveAveragePool(x, [3, 2]).square() },
  {
    name: 'pooling that counts',
    shape: [1, 4, 5, 2],
    fn: (x) => averagePool(x, 3, { stride: 2, padding: 1, ceilMode: true, countsPadding: true }).square(),
  },
  {
    name: 'largest so far',
    shape: [3, 4],
    fn: (x) => cumulativeMax(x, 1).mul(cumulativeMin(x, 0)),
    isKinked: true,
  },
  { name: 'vectors', shape: [4], fn: (x) => weights([3, 4]).matmul(x).add(x.matmul(x)) },
];
