import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Device, grad, type Tensor, tensor } from '../src/index.ts';
import { DEVICES } from './devices.ts';
import { at, indexOf, type Reference, size } from './reference.ts';

// A software adapter compiles a shader for every movement, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

/** A movement of elements: on a tensor, and where each element of the result comes from (nowhere: a zero). */
interface Movement {
  readonly text: string;
  readonly shape: readonly number[];
  readonly apply: (x: Tensor) => Tensor;
  readonly from: (index: readonly number[]) => readonly number[] | undefined;
}

/** Whole numbers for choosing what to do; as many as asked for. */
type Choose = (count: number) => number;

const KINDS = ['reshape', 'permute', 'expand', 'slice', 'pad', 'flip', 'windows'] as const;
type Kind = (typeof KINDS)[number];

/** A movement of a kind that fits a shape. */
function movementOf(kind: Kind, shape: readonly number[], choose: Choose): Movement {
  const text = (what: unknown): string => `${kind} ${JSON.stringify(what)}`;
  const axes = [...shape.keys()];
  switch (kind) {
    case 'reshape': {
      const to = regrouped(shape, choose);
      return {
        text: text(to),
        shape: to,
        apply: (x) => x.reshape(to),
        from: (index) => indexOf(placeOf(index, to), shape),
      };
    }
    case 'permute': {
      const left = [...axes];
      const order = axes.map(() => left.splice(choose(left.length), 1)[0] ?? 0);
      return {
        text: text(order),
        shape: order.map((axis) => shape[axis] ?? 1),
        apply: (x) => x.transpose(order),
        from: (index) => axes.map((axis) => index[order.indexOf(axis)] ?? 0),
      };
    }
    case 'expand': {
      const ahead = choose(2) === 0 ? [] : [1 + choose(3)];
      const to = [...ahead, ...shape.map((length) => (length === 1 ? 1 + choose(4) : length))];
      return {
        text: text(to),
        shape: to,
        apply: (x) => x.expand(to),
        from: (index) => shape.map((length, axis) => (length === 1 ? 0 : (index[axis + ahead.length] ?? 0))),
      };
    }
    case 'slice': {
      const ranges = shape.map((length): [number, number, number] => {
        const start = choose(length + 1);
        return [start, start + choose(length - start + 1), 1 + choose(3)];
      });
      return {
        text: text(ranges),
        shape: ranges.map(([start, end, step]) => Math.ceil((end - start) / step)),
        apply: (x) => x.slice(ranges),
        from: (index) => ranges.map(([start, , step], axis) => start + (index[axis] ?? 0) * step),
      };
    }
    case 'pad': {
      const amounts = shape.map((): [number, number] => [choose(3), choose(3)]);
      return {
        text: text(amounts),
        shape: shape.map((length, axis) => length + (amounts[axis]?.[0] ?? 0) + (amounts[axis]?.[1] ?? 0)),
        apply: (x) => x.pad(amounts),
        from: (index) => {
          const inner = index.map((place, axis) => place - (amounts[axis]?.[0] ?? 0));
          return inner.every((place, axis) => place >= 0 && place < (shape[axis] ?? 0)) ? inner : undefined;
        },
      };
    }
    case 'flip': {
      const list = axes.filter(() => choose(2) === 0);
      return {
        text: text(list),
        shape,
        apply: (x) => x.flip(list),
        from: (index) =>
          index.map((place, axis) => (list.includes(axis) ? (shape[axis] ?? 1) - 1 - place : place)),
      };
    }
    case 'windows': {
      const axis = axes.find((one) => (shape[one] ?? 0) >= 2 && choose(2) === 0);
      if (axis === undefined) return movementOf('flip', shape, choose);
      const length = shape[axis] ?? 1;
      const size = 1 + choose(Math.min(3, length));
      const dilation = size === 1 ? 1 : 1 + choose(Math.floor((length - 1) / (size - 1)));
      const stride = 1 + choose(2);
      const positions = Math.floor((length - dilation * (size - 1) - 1) / stride) + 1;
      return {
        text: text({ axis, size, stride, dilation }),
        shape: [...shape.map((one, other) => (other === axis ? positions : one)), size],
        apply: (x) => x.windows([{ axis, size, stride, dilation }]),
        from: (index) =>
          axes.map((other) =>
            other === axis
              ? (index[other] ?? 0) * stride + (index.at(-1) ?? 0) * dilation
              : (index[other] ?? 0),
          ),
      };
    }
  }
}

function placeOf(index: readonly number[], shape: readonly number[]): number {
  return shape.reduce((place, length, axis) => place * length + (index[axis] ?? 0), 0);
}

/** Another shape of as many elements: prime factors dealt out anew, lengths of 1 among them. */
function regrouped(shape: readonly number[], choose: Choose): number[] {
  const total = size(shape);
  const lengths = Array.from({ length: 1 + choose(4) }, () => 1);
  if (total === 0) return [...lengths, 0];
  let rest = total;
  for (let factor = 2; rest > 1; ) {
    if (rest % factor !== 0) {
      factor++;
      continue;
    }
    const place = choose(lengths.length);
    lengths[place] = (lengths[place] ?? 1) * factor;
    rest /= factor;
  }
  return lengths;
}

/** More elements would make a test slow, not better. */
const MOST_ELEMENTS = 1_500;

interface Chain {
  readonly shape: readonly number[];
  readonly movements: readonly Movement[];
}

const chains: fc.Arbitrary<Chain> = fc
  .record({
    shape: fc.array(fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.constant(0)), {
      maxLength: 4,
    }),
    steps: fc.array(
      fc.record({
        kind: fc.constantFrom(...KINDS),
        choices: fc.array(fc.nat(), { minLength: 16, maxLength: 16 }),
      }),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
  })
  .map(({ shape, steps }) => {
    const movements: Movement[] = [];
    let current: readonly number[] = shape;
    for (const { kind, choices } of steps) {
      let next = 0;
      const choose: Choose = (count) => (choices[next++ % choices.length] ?? 0) % Math.max(1, count);
      const movement = movementOf(kind, current, choose);
      if (size(movement.shape) > MOST_ELEMENTS || movement.shape.length > 7) continue;
      movements.push(movement);
      current = movement.shape;
    }
    return {
      shape,
      movements,
      toString: () => `${JSON.stringify(shape)}: ${movements.map(({ text }) => text).join(', ')}`,
    };
  });

/** For each element of the result, the place in the input that it comes from; -1 for a zero. */
function sources({ shape, movements }: Chain): Reference {
  const start: Reference = { shape, values: Array.from({ length: size(shape) }, (_, place) => place) };
  return movements.reduce(
    (before, { shape: to, from }) => ({
      shape: to,
      values: Array.from({ length: size(to) }, (_, place) => {
        const index = from(indexOf(place, to));
        return index ? at(before, index) : -1;
      }),
    }),
    start,
  );
}

const valueAt = (place: number): number => (place < 0 ? 0 : ((place * 37) % 64) - 30.5);
const weightAt = (place: number): number => ((place * 23) % 16) - 7.5;

describe.each(DEVICES)('movements of elements composed at random, on %s', (name, open) => {
  let device: Device;
  beforeAll(async () => {
    device = await open();
  });
  const runs = { numRuns: name === 'wasm' ? 300 : 15 };
  const input = ({ shape }: Chain): Tensor =>
    tensor(
      Float32Array.from({ length: size(shape) }, (_, place) => valueAt(place)),
      { shape, device },
    );
  const move = ({ movements }: Chain, x: Tensor): Tensor => movements.reduce((y, { apply }) => apply(y), x);

  it('put every element where it belongs, copied, computed with, and summed', async () => {
    await fc.assert(
      fc.asyncProperty(chains, async (chain) => {
        const { shape, values } = sources(chain);
        const moved = move(chain, input(chain));
        expect(moved.shape).toEqual(shape);
        const expected = values.map(valueAt);
        expect([...(await moved.data())]).toEqual(expected);
        expect([...(await moved.add(1).data())]).toEqual(expected.map((value) => value + 1));
        if (shape.length === 0) return;
        const rows = size(shape.slice(0, -1));
        const width = shape.at(-1) ?? 1;
        const sums = Array.from({ length: rows }, (_, row) =>
          expected.slice(row * width, (row + 1) * width).reduce((a, b) => a + b, 0),
        );
        expect([...(await moved.sum(-1).data())]).toEqual(sums);
      }),
      runs,
    );
  });

  it('leave zeros where nothing comes from, whatever the memory held before', async () => {
    const before = tensor(new Float32Array(64).fill(7), { device });
    const copy = before.add(1);
    await copy.data();
    before.dispose();
    copy.dispose();
    const none = tensor([1, 2, 3], { device }).slice([[1, 1]]);
    for (const length of [64, 63, 62]) {
      const padded = none.pad([[0, length]]);
      expect([...(await padded.data())]).toEqual(new Array(length).fill(0));
    }
  });

  it('carry gradients back to where the elements came from', async () => {
    await fc.assert(
      fc.asyncProperty(chains, async (chain) => {
        const { shape, values } = sources(chain);
        const weights = tensor(
          Float32Array.from(values, (_, place) => weightAt(place)),
          { shape, device },
        );
        const expected = new Array<number>(size(chain.shape)).fill(0);
        for (const [place, source] of values.entries()) {
          if (source >= 0) expected[source] = (expected[source] ?? 0) + weightAt(place);
        }
        const gradient = grad((x: Tensor) => move(chain, x).mul(weights).sum())(input(chain));
        expect(gradient.shape).toEqual(chain.shape);
        // Sums of halves: exact in float32, in whatever order.
        expect([...(await gradient.add(0).data())]).toEqual(expected);
      }),
      runs,
    );
  });
});
