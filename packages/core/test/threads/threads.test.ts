import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Device, jit, openDevice, random, type Tensor, tensor } from '../../src/index.ts';
import { closeThreaded, threadedDevice } from './threaded-device.ts';

const run = promisify(execFile);
const PROGRAM = resolve(import.meta.dirname, 'program.ts');

// Starting Node takes seconds on a busy machine.
vi.setConfig({ testTimeout: 300_000 });
afterEach(closeThreaded);

describe('threads of the CPU', () => {
  it('change no bit of a result, whatever their number', async () => {
    const results: Record<string, Uint8Array>[] = [];
    for (const threads of [1, 2, 3]) {
      const device = await threadedDevice(threads);
      const before = device.helped();
      results.push(await everyKindOfKernel(device));
      // Otherwise the test says nothing.
      expect(device.helped() - before > 0).toBe(threads > 1);
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });

  it('find memory that has grown after they started', async () => {
    const device = await threadedDevice(2);
    const held = tensor(new Float32Array(6_000_000).fill(4), { device });
    // New code, which lies beyond the end of the memory that the thread was started with, over values that do, too.
    const functions: [(x: Tensor) => Tensor, number][] = [
      [(x) => x.sqrt(), 2],
      [(x) => x.sqrt().add(x), 6],
      [(x) => x.sqrt().mul(x), 8],
    ];
    for (const [fn, wanted] of functions) {
      const before = device.helped();
      while (device.helped() === before) {
        expect((await fn(held).data()).every((value) => value === wanted)).toBe(true);
      }
    }
  });

  it('are as many as are asked for, as TRESTLE_THREADS says, or one per core', async () => {
    const threadsOf = async (asked?: string): Promise<string> => {
      const env = { ...process.env, TRESTLE_THREADS: asked };
      const { stdout } = await run(process.execPath, [PROGRAM, 'count'], { env });
      return stdout.trim();
    };
    expect(await threadsOf('3')).toBe('3');
    expect(await threadsOf('1')).toBe('1');
    expect(await threadsOf()).toBe(String((await import('node:os')).availableParallelism()));
    expect(await threadsOf('many')).toBe('TRS_CORE_THREADS');
    await expect(openDevice('wasm', { threads: 0 })).rejects.toMatchObject({ code: 'TRS_CORE_THREADS' });
    await expect(openDevice('wasm', { threads: 1.5 })).rejects.toMatchObject({ code: 'TRS_CORE_THREADS' });
  });

  it('keep no process alive, neither asleep nor unstarted', async () => {
    for (const mode of ['work', 'start']) {
      const { stdout } = await run(process.execPath, [PROGRAM, mode], { timeout: 120_000 });
      expect(stdout.trim()).toBe('done');
    }
  });

  it('are not needed: without leave to start any, one thread computes', async () => {
    const { stdout } = await run(process.execPath, [
      '--permission',
      '--allow-fs-read=*',
      '--disable-warning=SecurityWarning',
      PROGRAM,
      'alone',
    ]);
    expect(stdout.trim()).toBe('done');
  });

  it('end with their device, which goes on with the calling thread', async () => {
    const device = await threadedDevice(2);
    device.close();
    const before = device.helped();
    const x = tensor([1, 2, 3, 4], { device });
    expect([...(await x.mul(2).data())]).toEqual([2, 4, 6, 8]);
    expect(device.helped()).toBe(before);
  });
});

/** Shapes that are cut into units along every axis, with rests. */
async function everyKindOfKernel(device: Device): Promise<Record<string, Uint8Array>> {
  const of = (seed: number, ...shape: number[]): Tensor => random.normal(random.key(seed), shape, { device });
  const a = of(1, 130, 300);
  const b = of(2, 300, 70);
  const long = of(3, 50_001);
  const images = of(4, 3, 5, 41, 43);
  const indices = tensor(
    Int32Array.from({ length: 200 }, (_, i) => (i * 37) % 130),
    { device },
  );
  const step = jit((x: Tensor, y: Tensor) => [x.matmul(y).tanh().sum(0), x.softmax(-1), y.mul(y).mean()]);
  const tensors: Record<string, Tensor> = {
    product: a.matmul(b),
    transposed: b.transpose().matmul(a.transpose()),
    batched: images.matmul(images.transpose([0, 1, 3, 2])),
    vector: a.matmul(of(5, 300, 1)),
    elementwise: long.exp().add(long.sin()).mul(0.3),
    broadcast: images.mul(of(6, 5, 1, 43)).add(1),
    permuted: images.transpose([3, 1, 0, 2]).add(0),
    sum: long.sum(),
    rows: images.sum([2, 3]),
    columns: images.max([0, 1]),
    gathered: a.gather(indices),
    padded: images.pad([
      [1, 1],
      [0, 2],
      [3, 0],
      [0, 0],
    ]),
  };
  const all: Record<string, Tensor> = Object.assign(tensors, step(a, b));
  const bytes: Record<string, Uint8Array> = {};
  for (const [name, value] of Object.entries(all)) {
    const values = await value.data();
    bytes[name] = new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  }
  return bytes;
}
