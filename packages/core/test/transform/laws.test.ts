import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grad, jit, jvp, stack, type Tensor, tensor, valueAndGrad, vjp, vmap } from '../../src/index.ts';
import { sample, size } from '../reference.ts';
import { SAMPLES } from './functions.ts';

const make = (shape: readonly number[], seed: number, scale = 0.5): Tensor =>
  tensor(
    Float32Array.from(sample(shape, seed).values, (value) => value * scale),
    { shape },
  );

/** No two elements closer than 0.11, none close to zero or to 0.1 and its like: finite differences cross no kink. */
function spaced(shape: readonly number[], seed: number): Tensor {
  const { values } = sample(shape, seed);
  const order = values.map((_, index) => index).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float32Array(values.length);
  for (const [rank, index] of order.entries()) ranks[index] = 0.11 * (rank - values.length / 2 + 0.37);
  return tensor(ranks, { shape });
}

async function expectClose(actual: Tensor, expected: Tensor, tolerance: number): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [await actual.data(), await expected.data()];
  for (let i = 0; i < a.length; i++) {
    const [x = Number.NaN, y = Number.NaN] = [a[i], b[i]];
    expect(Math.abs(x - y), `element ${i}: ${x} for ${y}`).toBeLessThanOrEqual(tolerance * (1 + Math.abs(y)));
  }
}

const dot = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
const seeds = { numRuns: 3, seed: 20261125 };
const seed = fc.integer({ min: 1, max: 10_000 });

describe.each(SAMPLES)('transforms of $name', ({ shape, fn, isKinked = false }) => {
  const input = isKinked ? spaced : make;
  const scalar = (x: Tensor): Tensor => {
    const y = fn(x);
    // Weighted, so that no part of the gradient is hidden by symmetry.
    return y.mul(make(y.shape, 77)).sum();
  };

  it('jvp agrees with finite differences', async () => {
    await fc.assert(
      fc.asyncProperty(seed, async (s) => {
        const [x, t] = [input(shape, s), make(shape, s + 1)];
        const { value, tangent } = jvp(fn, [x], [t]);
        await expectClose(value, fn(x), 1e-6);
        const step = 0.01;
        const difference = fn(x.add(t.mul(step)))
          .sub(fn(x.sub(t.mul(step))))
          .div(2 * step);
        await expectClose(tangent, difference, 5e-3);
      }),
      seeds,
    );
  });

  it('pullbacks are the transposes of tangents', async () => {
    await fc.assert(
      fc.asyncProperty(seed, async (s) => {
        const [x, t] = [make(shape, s), make(shape, s + 1)];
        const { tangent } = jvp(fn, [x], [t]);
        const u = make(tangent.shape, s + 2);
        const [gradient] = vjp(fn, x).pullback(u);
        await expectClose(dot(tangent, u), dot(t, gradient), 1e-4);
      }),
      seeds,
    );
  });

  it('vmap is a loop', async () => {
    await fc.assert(
      fc.asyncProperty(seed, async (s) => {
        const items = [make(shape, s), make(shape, s + 1), make(shape, s + 2)] as const;
        const loop = stack([fn(items[0]), fn(items[1]), fn(items[2])], 0);
        await expectClose(vmap(fn)(stack([...items], 0)), loop, 1e-5);
        const last = shape.length;
        const mapped = vmap(fn, { inAxes: [last], outAxis: -1 })(stack([...items], last));
        await expectClose(mapped.moveAxis(-1, 0), loop, 1e-5);
      }),
      seeds,
    );
  });

  it('jit changes nothing', async () => {
    const compiled = jit(valueAndGrad(scalar));
    await fc.assert(
      fc.asyncProperty(seed, async (s) => {
        const x = make(shape, s);
        const [fast, slow] = [compiled(x), valueAndGrad(scalar)(x)];
        await expectClose(fast.value, slow.value, 1e-5);
        await expectClose(fast.grad, slow.grad, 1e-5);
      }),
      seeds,
    );
  });

  it('vmap of grad is a loop of grad, jitted too', async () => {
    const items = [make(shape, 5), make(shape, 6)] as const;
    const loop = stack([grad(scalar)(items[0]), grad(scalar)(items[1])], 0);
    await expectClose(vmap(grad(scalar))(stack([...items], 0)), loop, 1e-4);
    await expectClose(jit(vmap(grad(scalar)))(stack([...items], 0)), loop, 1e-4);
    // And gradients through a batch.
    const through = grad((x: Tensor) => vmap(scalar)(x).sum())(stack([...items], 0));
    await expectClose(through, loop, 1e-4);
  });

  it('Hessians are symmetric, forward over reverse and reverse over reverse', async () => {
    const [x, v, w] = [input(shape, 8), make(shape, 9), make(shape, 10)];
    const product = (t: Tensor): Tensor => jvp(grad(scalar), [x], [t]).tangent;
    await expectClose(dot(v, product(w)), dot(w, product(v)), 1e-3);
    const twice = grad((y: Tensor) => dot(grad(scalar)(y), w))(x);
    await expectClose(twice, product(w), 1e-3);
    const step = 0.01;
    const g = grad(scalar);
    const difference = g(x.add(w.mul(step)))
      .sub(g(x.sub(w.mul(step))))
      .div(2 * step);
    await expectClose(product(w), difference, 2e-2);
  });

  it(`takes ${size(shape)} elements`, () => expect(fn(make(shape, 1)).size).toBeGreaterThan(0));
});
