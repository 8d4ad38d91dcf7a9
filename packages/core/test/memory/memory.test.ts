import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { wasmDevice } from '../../src/device/wasm/wasm-device.ts';
import { jit, type Tensor, tensor } from '../../src/index.ts';

const run = promisify(execFile);
const PROGRAM = resolve(import.meta.dirname, 'program.ts');
const MIB = 2 ** 20;

// 10,000 steps take a software adapter half a minute on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

interface Outcome {
  readonly unavailable?: string;
  readonly samples?: readonly { readonly step: number; readonly heap: number; readonly device: number }[];
}

async function trained(device: string, loop: string): Promise<Outcome> {
  const { stdout } = await run(process.execPath, ['--expose-gc', PROGRAM, device, loop]);
  return JSON.parse(stdout);
}

describe('training that never disposes of anything', () => {
  // A loop that yields gets memory back soon; one that does not, when twice as much is in use as has to be, or 256 MiB.
  it.for([
    ['wasm', 'jitted, synchronous', 10_000, 320],
    ['wasm', 'jitted, reading the loss now and then', 10_000, 320],
    ['wasm', 'eager', 1_000, 128],
    ['webgpu', 'jitted, reading the loss now and then', 10_000, 96],
    ['webgpu', 'eager', 1_000, 96],
  ] as const)('holds heap and memory of %s flat: %s, %i steps', async (row, { skip }) => {
    const [device, loop, steps, mostMiB] = row;
    const { unavailable, samples = [] } = await trained(device, loop);
    if (unavailable !== undefined && process.env.TRESTLE_REQUIRE_WEBGPU !== '1') skip(unavailable);
    expect(unavailable).toBeUndefined();
    const [early, late] = samples;
    expect(late?.step).toBe(steps);
    expect((late?.heap ?? Infinity) - (early?.heap ?? 0)).toBeLessThan(8 * MIB);
    expect(late?.device).toBeLessThan(mostMiB * MIB);
  });
});

describe('a tensor that does not fit', () => {
  const device = wasmDevice({ threads: 1 });
  afterAll(device.close);

  it('is an error with a code, and nothing is lost by it', async () => {
    const x = tensor([1, 2, 3], { device });
    const step = jit(
      (given: Tensor) => [
        given.add(1),
        given
          .sum()
          .expand([2 ** 30])
          .add(1),
      ],
      { donate: [0] },
    );
    expect(() => step(x)).toThrowError(expect.objectContaining({ code: 'TRS_CORE_OUT_OF_MEMORY' }));
    expect([...(await x.mul(2).data())]).toEqual([2, 4, 6]);
  });
});
