import { type Tensor as CoreTensor, inPanels, tensor } from '@trestle/core';
import { doublesOf, integersOf, make, sizeOf, type Tensor } from '../tensor/tensor.ts';
import { checked, int } from './attributes.ts';
import { biased } from './contrib.ts';
import { type Call, op, type Versions } from './definition.ts';
import { multiplied } from './matrix.ts';

/* Weights of a few bits in blocks (docs/ContribOperators.md of ONNX Runtime): numbers are made of them once, and multiplied as float32. */

/** Weights are constants, and are taken apart once: by their codes, and what these are multiplied by. */
const unpacked = new WeakMap<Tensor, Packed & { readonly weight: Tensor }>();
interface Packed {
  readonly scales: Tensor;
  readonly zeros: Tensor | undefined;
  /** The block of each row, where they are not in the order of rows. */
  readonly order: Tensor | undefined;
}

type Blocks = Readonly<Record<'K' | 'N' | 'bits' | 'block_size', number>>;

/** Weights as numbers: [K, N]. */
function unpack(
  packed: Tensor,
  { scales, zeros, order }: Packed,
  { K, N, bits, block_size: size }: Blocks,
): Tensor {
  const blocks = Math.ceil(K / size);
  const [codes, factors] = [doublesOf(packed), doublesOf(scales)];
  const middle = zerosOf(zeros, bits, blocks);
  const weight = new Float32Array(K * N);
  const perByte = 8 / bits;
  const groups = order && integersOf(order);
  for (let column = 0; column < N; column++)
    for (let k = 0; k < K; k++) {
      const at = column * blocks * size + k;
      const block = column * blocks + (groups?.[k] ?? Math.floor(k / size));
      const code = ((codes[Math.floor(at / perByte)] ?? 0) >> ((at % perByte) * bits)) & (2 ** bits - 1);
      weight[k * N + column] = (code - middle(block)) * (factors[block] ?? 0);
    }
  return make('float32', [K, N], weight);
}

/** Weights of a few bits, in blocks that have a scale and a zero each: [columns, blocks, bytes]. */
export const MatMulNBits: Versions = {
  1: op(
    'T:float32|float16 uint8 T Z:float|uint8? int32? T? -> T',
    {
      K: int(0),
      N: int(0),
      bits: checked(int(4), (bits) => bits === 2 || bits === 4 || bits === 8, '2, 4 and 8'),
      block_size: checked(
        int(128),
        (size) => size >= 16 && (size & (size - 1)) === 0,
        'a power of 2 from 16 on',
      ),
      // How exact the sums are at least: here they are those of doubles.
      accuracy_level: int(0),
    },
    ([x, packed, scales, zeros, order, bias], options, call) => {
      checkBlocks(x.dims, packed, { scales, zeros, order }, options, call.fail);
      const known = unpacked.get(packed);
      const isSame = known?.scales === scales && known.zeros === zeros && known.order === order;
      const weight = isSame ? known.weight : unpack(packed, { scales, zeros, order }, options);
      unpacked.set(packed, { scales, zeros, order, weight });
      const product = multiplied(x, { ...weight, type: x.type }, call.fail);
      return biased(product, bias);
    },
    {
      core: {
        work: ([x = []], { N }) => sizeOf(x) * N,
        host: [1, 2, 3, 4],
        run([x, , , , , bias], options, call) {
          const [packed, scales, zeros, order] = [1, 2, 3, 4].map((index) => call.host(index));
          if (!x || x.rank < 2 || !packed || !scales) return undefined;
          checkBlocks(x.shape, packed, { scales, zeros, order }, options, call.fail);
          const known = onCore.get(packed);
          const isSame = known?.scales === scales && known.zeros === zeros && known.order === order;
          const weight = isSame ? known.weight : given(packed, { scales, zeros, order }, options, x.shape);
          onCore.set(packed, { scales, zeros, order, weight });
          const product = x.matmul(weight);
          return bias ? product.add(bias) : product;
        },
      },
    },
  ),
};

/** As `unpacked`, for the core. */
const onCore = new WeakMap<Tensor, Packed & { readonly weight: CoreTensor }>();

/** The weight as the core multiplies it: in panels where several rows go over it. */
function given(packed: Tensor, rest: Packed, options: Blocks, x: readonly number[]): CoreTensor {
  const { dims, data } = unpack(packed, rest, options);
  const weight = tensor(data as Float32Array, { shape: dims });
  return sizeOf(x.slice(0, -1)) > 1 ? inPanels(weight) : weight;
}

/** @throws the error that `fail` makes where the parts of a weight do not fit each other */
function checkBlocks(
  x: readonly number[],
  packed: Tensor,
  { scales, order }: Packed,
  { K, N, bits, block_size: size }: Blocks,
  fail: Call['fail'],
): void {
  const blocks = Math.ceil(K / size);
  const bytes = (size * bits) / 8;
  if (x.at(-1) !== K || packed.data.length !== N * blocks * bytes || scales.data.length !== N * blocks)
    throw fail(`[${x}], weights [${packed.dims}] and scales [${scales.dims}] are not of K ${K} and N ${N}`);
  if (order && (order.data.length !== K || integersOf(order).some((one) => !(one >= 0 && one < blocks))))
    throw fail(`g_idx [${order.dims}] does not name one of ${blocks} blocks for each of ${K} rows`);
}

function zerosOf(zeros: Tensor | undefined, bits: number, blocks: number): (block: number) => number {
  if (!zeros) return () => 2 ** (bits - 1);
  const data = doublesOf(zeros);
  if (zeros.type !== 'uint8') return (block) => data[block] ?? 0;
  const perByte = 8 / bits;
  // Each column begins with a byte of its own.
  const bytes = Math.ceil(blocks / perByte);
  return (block) => {
    const [column, at] = [Math.floor(block / blocks), block % blocks];
    return (
      ((data[column * bytes + Math.floor(at / perByte)] ?? 0) >> ((at % perByte) * bits)) & (2 ** bits - 1)
    );
  };
}
