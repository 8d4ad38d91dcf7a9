import { random, tensor } from '@trestle/core';
import { describe, expect, it } from 'vitest';
import { customKernel, type KernelThis } from './index.ts';

type Rows = Readonly<Record<number, Readonly<Record<number, number>>>>;

const matmul = () =>
  customKernel(
    function (this: KernelThis, a: Rows, b: Rows) {
      let sum = 0;
      for (let k = 0; k < 5; k++) {
        // biome-ignore lint/style/noNonNullAssertion: gpu.js compiles no other check
        sum += a[this.thread.y]![k]! * b[k]![this.thread.x]!;
      }
      return sum;
    },
    { output: [3, 4] },
  );

describe('a custom kernel', () => {
  it('computes what core computes', async () => {
    const [keyA = random.key(0), keyB = random.key(0)] = random.split(random.key(1), 2);
    const [a, b] = [random.normal(keyA, [3, 5]), random.normal(keyB, [5, 4])];
    const product = await matmul()(a, b);
    expect(product.shape).toEqual([3, 4]);
    const expected = await a.matmul(b).data();
    (await product.data()).forEach((value, k) => {
      expect(value).toBeCloseTo(expected[k] ?? Number.NaN, 5);
    });
  });

  it('takes numbers, integers and truth values, and gives three axes in our order', async () => {
    const kernel = customKernel(
      function (this: KernelThis, scale: number, x: Rows) {
        // biome-ignore lint/style/noNonNullAssertion: gpu.js compiles no other check
        return scale * (x[this.thread.x]! as unknown as number) + 10 * this.thread.y + 100 * this.thread.z;
      },
      { output: [2, 2, 3] },
    );
    for (const dtype of ['int32', 'bool'] as const) {
      const result = await kernel(2, tensor([1, 0, 1], { dtype }));
      expect(result.shape).toEqual([2, 2, 3]);
      expect([...(await result.data())]).toEqual([2, 0, 2, 12, 10, 12, 102, 100, 102, 112, 110, 112]);
    }
  });

  it('runs again, on other values and lengths', async () => {
    const sum = customKernel(
      function (this: KernelThis, x: Readonly<Record<number, number>>, length: number) {
        let total = 0;
        for (let k = 0; k < length; k++) {
          // biome-ignore lint/style/noNonNullAssertion: gpu.js compiles no other check
          total += x[k]!;
        }
        return total;
      },
      { output: [1] },
    );
    const sums = [];
    for (const values of [[1, 2], [5], [1, 2, 3, 4]])
      sums.push(...(await (await sum(tensor(values), values.length)).data()));
    expect(sums).toEqual([3, 5, 10]);
  });

  it('is spread over threads from some size on, with the same result', async () => {
    const square = customKernel(
      function (this: KernelThis, x: Readonly<Record<number, number>>) {
        // biome-ignore lint/style/noNonNullAssertion: gpu.js compiles no other check
        return x[this.thread.x]! * x[this.thread.x]!;
      },
      { output: [100_000] },
    );
    const x = random.normal(random.key(2), [100_000]);
    expect(await (await square(x)).data()).toEqual(await x.mul(x).data());
  });

  it.each([[[]], [[0]], [[2, 2, 2, 2]], [[1.5]]])('cannot fill the shape %j', (output) => {
    expect(() => customKernel(() => 1, { output })).toThrow(
      expect.objectContaining({ code: 'TRS_GPUJS_OUTPUT' }),
    );
  });

  it.each([
    ['a tensor without axes', tensor(1), 'Argument 1 has the shape []'],
    ['an empty tensor', tensor([]), 'Argument 1 has the shape [0]'],
    ['a list', [1, 2], 'Argument 1 is neither a number nor a tensor'],
  ])('does not take %s', async (_, arg, message) => {
    const kernel = customKernel((x: number) => x, { output: [1] });
    await expect(kernel(arg as unknown as number)).rejects.toMatchObject({
      code: 'TRS_GPUJS_ARGUMENT',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    [
      'reaches outside',
      function (this: KernelThis) {
        return this.thread.x + process.pid;
      },
      /process|Number/,
    ],
    [
      'is no arithmetic',
      function (this: KernelThis) {
        return `${this.thread.x}` as unknown as number;
      },
      /TemplateLiteral/,
    ],
    ['is an arrow', () => 1, /not a function/],
  ])('does not run a function that %s', async (_, kernel, message) => {
    await expect(customKernel(kernel, { output: [2] })()).rejects.toMatchObject({
      code: 'TRS_GPUJS_KERNEL',
      message: expect.stringMatching(message),
    });
  });
});
