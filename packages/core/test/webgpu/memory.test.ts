import { expect, it } from 'vitest';
import { full, type Tensor, tensor } from '../../src/index.ts';
import { describeGpu } from './describe-gpu.ts';
import { openFaulty } from './faulty-gpu.ts';

const KIB = 1_024;

describeGpu('WebGPU memory', () => {
  it('running out is an error of what had no room; what was there before stays, and what comes later works', async () => {
    const faults = await openFaulty();
    const { device } = faults;
    const early = tensor(new Float32Array(64 * KIB).fill(3), { device });
    await early.data();
    faults.capacity = 300 * KIB;
    // 256 KiB are taken: there is no room for as much again.
    const late = early.add(1);
    await expect(late.data()).rejects.toMatchObject({
      code: 'TRS_CORE_OUT_OF_MEMORY',
      message: expect.stringContaining('no memory left for 262144 bytes; 524288 were in use'),
    });
    // Not computed from memory that was never there, either.
    await expect(late.mul(2).sum().data()).rejects.toMatchObject({ code: 'TRS_CORE_OUT_OF_MEMORY' });
    expect((await early.data())[100]).toBe(3);
    late.dispose();
    expect([...(await tensor([1, 2], { device }).add(1).data())]).toEqual([2, 3]);
    early.dispose();
    faults.capacity = Number.POSITIVE_INFINITY;
    const again = tensor(new Float32Array(64 * KIB).fill(5), { device });
    expect((await again.add(1).data())[7]).toBe(6);
    device.close();
  });

  it('many tensors until there is no room: each is right or refused', async () => {
    const faults = await openFaulty();
    faults.capacity = 1_000 * KIB;
    const { device } = faults;
    const tensors = Array.from({ length: 16 }, (_, i) =>
      tensor(new Float32Array(32 * KIB).fill(i), { device }),
    );
    const outcomes = await Promise.all(
      tensors.map(
        async (one) =>
          await one.data().then(
            (values) => values[5],
            (thrown: { code: string }) => thrown.code,
          ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'TRS_CORE_OUT_OF_MEMORY').length).toBeGreaterThanOrEqual(
      9,
    );
    for (const [i, outcome] of outcomes.entries())
      if (outcome !== 'TRS_CORE_OUT_OF_MEMORY') expect(outcome).toBe(i);
    for (const one of tensors) one.dispose();
    expect(
      (
        await full([32 * KIB], 2, { device })
          .add(1)
          .data()
      )[9],
    ).toBe(3);
    device.close();
  });

  it('refuses a tensor that no buffer holds, before anything is computed', async () => {
    const { device } = await openFaulty({ maxBufferSize: 2 ** 20 });
    const whole = tensor(new Float32Array(2 ** 18), { device });
    expect((await whole.sum().data())[0]).toBe(0);
    expect(() => tensor(new Float32Array(2 ** 18 + 1), { device })).toThrow(
      expect.objectContaining({
        code: 'TRS_CORE_BUFFER_TOO_LARGE',
        message: expect.stringContaining('A tensor of 1048580 bytes'),
        callSite: expect.stringContaining('memory.test.ts'),
      }),
    );
    const { usedBytes, dispatches } = device.statistics();
    await expect(
      whole
        .reshape([1, 2 ** 18])
        .expand([2, 2 ** 18])
        .add(1)
        .data(),
    ).rejects.toMatchObject({
      code: 'TRS_CORE_BUFFER_TOO_LARGE',
    });
    expect(device.statistics()).toMatchObject({ usedBytes, dispatches });
    expect((await whole.add(1).data())[3]).toBe(1);
    device.close();
  });

  it('keeps little more for later than was in use at once, and gives back what nobody wanted for long', async () => {
    const faults = await openFaulty();
    const { device } = faults;
    const many: Tensor[] = [];
    for (let i = 0; i < 12; i++) many.push(tensor(new Float32Array(2 ** 21 - i * 2 ** 16), { device }));
    const { usedBytes } = device.statistics();
    for (const one of many) one.dispose();
    await tensor([1], { device }).add(1).data();
    expect(device.statistics().keptBytes).toBeLessThanOrEqual(1.5 * usedBytes);
    // Many small steps later even that is gone.
    for (let i = 0; i < 80; i++) await tensor([i], { device }).add(1).data();
    expect(device.statistics().keptBytes).toBeLessThan(2 ** 20);
    device.close();
  });
});
