import { afterEach, describe, expect, it, vi } from 'vitest';
import { openWebGpu } from '../../src/device/webgpu/webgpu-device.ts';
import { type Device, jit, startTrace, type Tensor, tensor } from '../../src/index.ts';
import { DEVICES } from '../devices.ts';

/** Opened while a recording runs, as it has to be. */
const open = async (name: string): Promise<Device | undefined> =>
  name === 'webgpu' ? await openWebGpu() : undefined;

const matrix = (device: Device | undefined): Tensor =>
  tensor(new Float32Array(64 * 64).fill(1), { shape: [64, 64], ...(device ? { device } : {}) });

describe.each(DEVICES)('a trace on %s', (name) => {
  it('has an event per kernel, with its place, time, bytes and operations', async () => {
    const trace = startTrace();
    const device = await open(name);
    const before = performance.now();
    const x = matrix(device);
    await jit((a: Tensor) => a.matmul(a).add(1).sum())(x).data();
    const { traceEvents } = JSON.parse(JSON.stringify(await trace.stop()));
    const after = performance.now();
    const rows = traceEvents.filter(({ ph }: { ph: string }) => ph === 'M');
    const row = rows.find(({ args }: { args: { name: string } }) => args.name === name);
    const kernels = traceEvents.filter(
      ({ ph, tid }: { ph: string; tid: number }) => ph === 'X' && tid === row?.tid,
    );
    const product = kernels.find((event: { name: string }) => event.name.startsWith('matmul'));
    expect(product.args.operations).toBeGreaterThanOrEqual(2 * 64 ** 3);
    expect(product.args.bytes).toBeGreaterThanOrEqual(2 * 4 * 64 * 64);
    expect(product.dur).toBeGreaterThan(0);
    expect(product.ts).toBeGreaterThanOrEqual(before * 1000);
    expect(product.ts + product.dur).toBeLessThanOrEqual(after * 1000);
    const host = traceEvents
      .filter(({ tid }: { tid: number }) => tid !== row?.tid)
      .map((event: { name: string }) => event.name);
    expect(host).toContain('record');
  });

  it('has nothing of what comes after', async () => {
    const trace = startTrace();
    const device = await open(name);
    const { traceEvents } = await trace.stop();
    await matrix(device).add(1).data();
    expect(traceEvents).toEqual([]);
  });
});

describe.each(DEVICES)('TRESTLE_DEBUG=2 on %s', (name) => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it('prints shape, time, GFLOP/s and GB/s of each kernel', async () => {
    vi.stubEnv('TRESTLE_DEBUG', '2');
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const device = await open(name);
    await matrix(device).matmul(matrix(device)).data();
    const line = new RegExp(`^${name} matmul .*64.*: \\d+\\.\\d{3} ms, \\d+\\.\\d GFLOP/s, \\d+\\.\\d GB/s$`);
    await vi.waitFor(() =>
      expect(printed.mock.calls.map(([text]) => String(text))).toContainEqual(expect.stringMatching(line)),
    );
  });
});
