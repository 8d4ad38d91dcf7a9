import { expect, it } from 'vitest';
import { explain, random, type Tensor, zeros } from '../../src/index.ts';

const x = zeros([64, 784]);
const w = zeros([784, 10]);

it('shows the graph, what is fused into which kernel, and the memory', () => {
  const text = explain((a: Tensor, b: Tensor) => a.matmul(b).add(1).relu().sum(1), x, w);
  expect(text).toMatch(/^Graph: \d+ operations$/m);
  expect(text).toMatch(/%0 +float32\[64, 784\] +argument$/m);
  expect(text).toMatch(/float32\[64, 10\] +matmul\(%0, %1\)$/m);
  expect(text).toMatch(/add\(%2, 1\)$/m);
  expect(text).toMatch(/sum\(%4, axes \[1\]\)$/m);
  expect(text).toMatch(/-> result$/m);
  expect(text).toMatch(/= matmul \[64, 784\] x \[784, 10\] +reads arg0 arg1 +2\.6 KB$/m);
  expect(text).toMatch(/= sum \[64, 1\] of 10 each +computes add, maximum +reads b\d +256 B, frees b\d$/m);
  expect(text).toMatch(/^Memory: 234\.9 KB at the most$/m);
  expect(text).toMatch(/arguments and values from around +232\.1 KB$/m);
  expect(text).toMatch(/intermediates at one time +2\.6 KB \(2\.6 KB without reuse\)$/m);
});

it('computes nothing, and forgets nothing', async () => {
  const around = w.add(2);
  explain((a: Tensor) => a.matmul(around), x);
  expect(around.node.buffer).toBeUndefined();
  expect((await around.sum().data())[0]).toBe(2 * 7840);
});

it('takes trees, random keys and functions that return no tensor', () => {
  const noisy = (state: { readonly w: Tensor }, key: random.Key): Tensor =>
    random.normal(key, [784, 10]).add(state.w);
  expect(explain(noisy, { w }, random.key(1))).toContain('randomBits');
  expect(explain(() => 3)).toBe('Nothing to compute: the function returns no tensor.\n');
});

it('shows how intermediates make room for each other', () => {
  const chain = (a: Tensor): Tensor => [1, 2, 3].reduce((t) => t.matmul(t), a.add(1));
  const text = explain(chain, zeros([100, 100]));
  expect(text).toMatch(/intermediates at one time +80\.0 KB \(120\.0 KB without reuse\)$/m);
});
