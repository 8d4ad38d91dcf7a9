import process from 'node:process';
import { describe, vi } from 'vitest';
import { findAdapter } from '../../src/device/webgpu/adapter.ts';

const reason: unknown = await findAdapter().then(
  () => undefined,
  (thrown: unknown) => thrown,
);
const isMissing = reason !== undefined;
// A machine that checks for everyone must not pass by leaving this out.
if (isMissing && process.env.TRESTLE_REQUIRE_WEBGPU === '1') throw reason;
if (isMissing) console.warn(`Not tested without WebGPU: ${String(reason)}`);

// A software adapter takes seconds to compile some shaders on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

/** Tests that need an adapter, be it one in software. */
export const describeGpu = (name: string, tests: () => void): void => {
  describe.skipIf(isMissing)(name, tests);
};
