import { beforeAll, expect, it } from 'vitest';
import { openWebGpu, type WebGpuDevice } from '../../src/device/webgpu/webgpu-device.ts';
import { explain, realizeTree, type Tensor, zeros } from '../../src/index.ts';
import { describeGpu } from './describe-gpu.ts';

describeGpu('float16 on WebGPU', () => {
  let device: WebGpuDevice;
  beforeAll(async () => {
    device = await openWebGpu();
    return () => device.close();
  });

  it('takes two bytes an element', async () => {
    const x = zeros([512, 512], { device }).add(1);
    await x.data();
    const before = device.statistics().usedBytes;
    const halves = x.cast('float16');
    await realizeTree(halves);
    expect(device.statistics().usedBytes - before).toBe(2 * 512 * 512);
    expect([...(await halves.slice([[511, 512]]).data())].every((value) => value === 1)).toBe(true);
  });

  it('is read by a product as it is stored: one kernel, of halves', () => {
    const halves = zeros([64, 64], { dtype: 'float16', device });
    const text = String(explain((a: Tensor, b: Tensor) => a.matmul(b.transpose()), halves, halves));
    expect(text).toContain('Kernels: 1');
    expect(text).toContain('float16[64, 64]');
  });
});
