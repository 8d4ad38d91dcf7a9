import { expect, it } from 'vitest';
import { openWebGpu } from '../../src/device/webgpu/webgpu-device.ts';
import { jit, openDevice, type Tensor, tensor } from '../../src/index.ts';
import { describeGpu } from './describe-gpu.ts';
import { openFaulty } from './faulty-gpu.ts';

describeGpu('a WebGPU device that is lost', () => {
  it('rejects values that were waited for, and says which', async () => {
    const device = await openWebGpu();
    const a = tensor([[1, 2]], { device });
    const pending = a.matmul(a.transpose()).data();
    device.close();
    await expect(pending).rejects.toMatchObject({
      code: 'TRS_CORE_DEVICE_LOST',
      kind: 'unavailable',
      message: expect.stringMatching(
        /^matmul: the result float32\[1, 1\] was on the device "webgpu", which is gone: it was closed\./,
      ),
      hint: expect.stringContaining('openDevice("webgpu")'),
      callSite: expect.stringContaining('loss.test.ts'),
    });
  });

  it('says so at every use of its tensors, with the operation and the line', async () => {
    const device = await openWebGpu();
    const a = tensor([1, 2], { device });
    expect([...(await a.data())]).toEqual([1, 2]);
    const step = jit((x: Tensor) => x.mul(2));
    await step(a).data();
    device.close();
    await expect(a.data()).rejects.toThrow(
      /^A tensor float32\[2\] was on the device "webgpu", which is gone/,
    );
    expect(() => a.add(1)).toThrow(
      expect.objectContaining({
        code: 'TRS_CORE_DEVICE_LOST',
        message: expect.stringContaining('add: an operand float32[2] was on the device "webgpu"'),
        callSite: expect.stringContaining('loss.test.ts'),
      }),
    );
    expect(() => step(a)).toThrow(expect.objectContaining({ code: 'TRS_CORE_DEVICE_LOST' }));
    expect(() => tensor([1], { device })).toThrow(expect.objectContaining({ code: 'TRS_CORE_DEVICE_LOST' }));
  });

  it('tells what the driver said', async () => {
    const { device, loseDevice } = await openFaulty();
    const a = tensor([1, 2], { device });
    await a.data();
    loseDevice('The GPU was unplugged.');
    await expect(a.add(1).data()).rejects.toThrow('which is gone: The GPU was unplugged.');
    device.close();
  });

  it('is opened anew by whoever asks next, once for all that ask', async () => {
    const before = await openDevice('webgpu');
    const kept = tensor([1, 2], { device: before });
    before.close?.();
    const [after, same] = await Promise.all([openDevice('webgpu'), openDevice('webgpu')]);
    expect(after).not.toBe(before);
    expect(same).toBe(after);
    expect([...(await tensor([1, 2], { device: after }).add(1).data())]).toEqual([2, 3]);
    await expect(kept.data()).rejects.toMatchObject({ code: 'TRS_CORE_DEVICE_LOST' });
  });
});
