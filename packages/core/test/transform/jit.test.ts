import { describe, expect, it } from 'vitest';
import {
  arange,
  checkpoint,
  grad,
  jit,
  random,
  scope,
  type Tensor,
  tensor,
  vmap,
  where,
} from '../../src/index.ts';

const code = (name: string) => expect.objectContaining({ code: `TRS_CORE_${name}` });

describe('jit', () => {
  it('calls the function once per form, shape, type and static value of its arguments', async () => {
    let calls = 0;
    const fn = jit((x: Tensor, factor: number) => {
      calls++;
      return x.mul(factor);
    });
    expect([...(await fn(tensor([1, 2]), 2).data())]).toEqual([2, 4]);
    expect([...(await fn(tensor([3, 4]), 2).data())]).toEqual([6, 8]);
    expect(calls).toBe(1);
    await fn(tensor([3, 4]), 3).data();
    await fn(tensor([3]), 2).data();
    await fn(arange(2, { dtype: 'int32' }), 2).data();
    expect(calls).toBe(4);
  });

  it('takes random keys as inputs: another key, other numbers, no other trace', async () => {
    let calls = 0;
    const fn = jit((key: random.Key) => {
      calls++;
      return random.uniform(key, [3]);
    });
    const first = [...(await fn(random.key(1)).data())];
    const second = [...(await fn(random.key(2)).data())];
    expect(calls).toBe(1);
    expect(first).not.toEqual(second);
    expect(first).toEqual([...(await random.uniform(random.key(1), [3]).data())]);
  });

  it('gives trees back as the function made them, arguments and static values included', async () => {
    const x = tensor([1, 2]);
    const result = jit((t: Tensor) => ({ same: t, list: [t.add(1), t.add(1)], name: 'n', none: null }))(x);
    expect(result.name).toBe('n');
    expect(result.none).toBeNull();
    expect([...(await result.same.data())]).toEqual([1, 2]);
    expect([...(await (result.list[1] ?? x).data())]).toEqual([2, 3]);
  });

  it('computes what it takes from around it once, lazy or not', async () => {
    const around = tensor([1, 2]).mul(10);
    const fn = jit((x: Tensor) => x.add(around));
    expect([...(await fn(tensor([1, 1])).data())]).toEqual([11, 21]);
    expect([...(await fn(tensor([2, 2])).data())]).toEqual([12, 22]);
  });

  it('is part of the trace inside another transform', async () => {
    const fn = jit((x: Tensor) => x.mul(x).sum());
    expect([...(await grad(fn)(tensor([1, 2])).data())]).toEqual([2, 4]);
    expect([
      ...(await vmap(fn)(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ).data()),
    ]).toEqual([5, 25]);
    expect([...(await jit(grad(fn))(tensor([1, 2])).data())]).toEqual([2, 4]);
  });

  it('updates donated arguments in place, and says so when one is used again', async () => {
    const step = jit((w: Tensor, g: Tensor) => w.sub(g.mul(0.5)), { donate: [0] });
    const start = tensor([1, 2]);
    const g = tensor([2, 2]);
    const next = step(start, g);
    expect([...(await step(next, g).data())]).toEqual([-1, 0]);
    await expect(next.data()).rejects.toMatchObject({ code: 'TRS_CORE_RELEASED' });
    expect(() => start.add(1)).toThrowError(code('RELEASED'));
    const twice = tensor([1, 1]);
    expect(() => step(twice, twice)).toThrowError(code('DONATED'));
  });

  it('refuses to read values while it records', async () => {
    let reading: Promise<unknown> = Promise.resolve();
    jit((x: Tensor) => {
      reading = x
        .sum()
        .item()
        .catch((reason: unknown) => reason);
      return x;
    })(tensor([1]));
    expect(await reading).toMatchObject({ code: 'TRS_CORE_PLACEHOLDER' });
    // What a caller without types may give.
    const asynchronous: unknown = async (x: Tensor) => x;
    expect(() => jit(asynchronous as (x: Tensor) => Tensor)(tensor([1]))).toThrowError(code('ASYNC'));
    expect(() => jit((x: Tensor) => (Number(x) > 0 ? x : x.neg()))(tensor([1]))).toThrowError(
      code('OPERATOR'),
    );
  });

  it('names what leaked out of a trace', async () => {
    const leaked: Tensor[] = [];
    jit((x: Tensor) => {
      leaked.push(x.add(1));
      return x;
    })(tensor([1]));
    await expect(leaked[0]?.data()).rejects.toMatchObject({ code: 'TRS_CORE_PLACEHOLDER' });
  });

  it('chooses by data with where()', async () => {
    const fn = jit((x: Tensor) => where(x.greater(0), x, x.mul(-10)));
    expect([...(await fn(tensor([-1, 2])).data())]).toEqual([10, 2]);
  });

  it('knows -0 from 0, and names that look like several', async () => {
    const divide = jit((x: Tensor, by: number) => x.div(by));
    expect(await divide(tensor(1), 0).item()).toBe(Number.POSITIVE_INFINITY);
    expect(await divide(tensor(1), -0).item()).toBe(Number.NEGATIVE_INFINITY);
    const count = jit((x: Tensor, options: Readonly<Record<string, number>>) =>
      x.mul(Object.keys(options).length),
    );
    expect(await count(tensor(1), { a: 1, b: 2 }).item()).toBe(2);
    expect(await count(tensor(1), { 'a:1;b': 2 }).item()).toBe(1);
  });
  it('forgets the signatures used longest ago', async () => {
    let calls = 0;
    const fn = jit((x: Tensor) => {
      calls++;
      return x.add(1);
    });
    for (let length = 1; length <= 65; length++) fn(arange(length));
    fn(arange(65));
    expect(calls).toBe(65);
    fn(arange(1));
    expect(calls).toBe(66);
  });

  it('works on a checkpointed block as on the block', async () => {
    const block = (x: Tensor): Tensor => x.tanh().mul(x).sum();
    const x = tensor([0.3, -2]);
    expect([...(await jit(grad(checkpoint(block)))(x).data())]).toEqual([...(await grad(block)(x).data())]);
  });
});

describe('memory by hand', () => {
  it('ends with dispose, a using block or a scope, and later use names the operation', async () => {
    const x = tensor([1, 2]);
    x.dispose();
    expect(() => x.mul(2)).toThrowError(/mul: a tensor float32\[2\] was released by dispose\(\)/);
    await expect(x.data()).rejects.toMatchObject({ code: 'TRS_CORE_RELEASED' });
    const held: Tensor[] = [];
    {
      using y = tensor([1]);
      held.push(y);
    }
    expect(() => held[0]?.neg()).toThrowError(code('RELEASED'));
  });

  it('keeps what a scope returns, computed, and nothing else of it', async () => {
    const inside: Tensor[] = [];
    const outside = tensor([5]);
    const { sum } = scope(() => {
      const a = tensor([1, 2]);
      inside.push(a);
      return { sum: a.sum().add(outside) };
    });
    expect(await sum.item()).toBe(8);
    expect(await outside.item()).toBe(5);
    await expect(inside[0]?.data()).rejects.toMatchObject({ code: 'TRS_CORE_RELEASED' });
    const asynchronous: unknown = async () => tensor([1]);
    expect(() => scope(asynchronous as () => Tensor)).toThrowError(code('ASYNC'));
  });
});
