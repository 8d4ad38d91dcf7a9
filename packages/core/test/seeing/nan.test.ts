import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Device, grad, jit, type Tensor, tensor } from '../../src/index.ts';
import { DEVICES } from '../devices.ts';

const here = fileURLToPath(import.meta.url);
const made = (text: RegExp): object =>
  expect.objectContaining({ code: 'TRS_CORE_NAN', message: expect.stringMatching(text) });

describe.each(DEVICES)('TRESTLE_DEBUG=nan on %s', (_, open) => {
  let device: Device;
  beforeEach(async () => {
    device = await open();
    vi.stubEnv('TRESTLE_DEBUG', 'nan');
    // What the setting is, is noticed when something is computed.
    await tensor([0], { device }).data();
  });
  afterEach(() => void vi.unstubAllEnvs());

  const x = (): Tensor =>
    tensor(
      [
        [1, 4],
        [-1, 9],
      ],
      { device },
    );

  it('names the first operation that makes a NaN, not the ones that pass it on', async () => {
    const result = x().sqrt().add(1).matmul(x()).sum();
    await expect(result.data()).rejects.toEqual(
      made(/^sqrt of float32\[2, 2\] makes NaN as element 2 of \[2, 2\]/),
    );
  });

  it('names the line that called it', async () => {
    const root = x().sqrt();
    const error: unknown = await root
      .add(1)
      .data()
      .catch((thrown: unknown) => thrown);
    expect(error).toEqual(made(/\(at .*nan\.test\.ts:\d+:\d+\)$/));
    expect(String(error)).toContain(here);
  });

  it('finds it inside a jitted function', async () => {
    const fn = jit((t: Tensor) => t.sqrt().mul(2));
    const result = Promise.resolve().then(() => fn(x()).data());
    await expect(result).rejects.toEqual(made(/^sqrt of float32\[2, 2\]/));
  });

  it('finds it in a gradient', async () => {
    const gradient = grad((t: Tensor) => t.mul(0).sqrt().mul(0).sum())(x());
    await expect(gradient.data()).rejects.toEqual(made(/^(div|mul) of float32\[/));
  });

  it('tells when a NaN was given', async () => {
    const given = tensor([1, Number.NaN], { device });
    await expect(given.add(1).data()).rejects.toEqual(made(/^A tensor of shape \[2\] has NaN as element 1/));
  });

  it('lets pass what has none', async () => {
    expect([...(await x().abs().sqrt().data())]).toEqual([1, 2, 1, 3]);
  });
});
