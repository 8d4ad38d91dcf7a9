import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { defaultDevice, setDefaultDevice } from '../src/device/default-device.ts';
import { deviceNamed } from '../src/device/requested-device.ts';
import { judge } from '../src/device/webgpu/adapter.ts';
import { findRealGpu } from '../src/device/webgpu/find-real-gpu.ts';
import { openWebGpu } from '../src/device/webgpu/webgpu-device.ts';
import { openDevice, tensor } from '../src/index.ts';

vi.setConfig({ testTimeout: 60_000 });

const info = { vendor: '', architecture: '', device: '', description: '', isFallbackAdapter: false };

describe('what a real GPU is', () => {
  it.each([
    { vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100 80GB HBM3' },
    { vendor: 'apple', architecture: 'metal-3' },
    { vendor: 'intel', architecture: 'gen-12lp', device: '0x9a49' },
  ])('is $vendor $description', (given) => {
    expect(judge({ ...info, ...given }).isSoftware).toBe(false);
  });
  it.each([
    { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader Device (Subzero)' },
    { vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' },
    { vendor: 'microsoft', architecture: 'warp' },
    { vendor: 'whoever', isFallbackAdapter: true },
  ])('is not $vendor $architecture $description', (given) => {
    expect(judge({ ...info, ...given }).isSoftware).toBe(true);
  });
});

describe('looking for a real GPU in a process of its own', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trestle-drivers-'));
  });
  afterAll(async () => await rm(folder, { recursive: true }));
  /** A stand-in for the package `webgpu`. */
  const driver = async (name: string, source: string): Promise<string> => {
    const file = join(folder, `${name}.mjs`);
    await writeFile(file, source);
    return file;
  };

  it('outlives a driver that crashes', async () => {
    const file = await driver('crashing', 'export const create = () => process.abort();');
    await expect(findRealGpu({ file })).rejects.toMatchObject({
      code: 'TRS_CORE_DEVICE_UNAVAILABLE',
      message: expect.stringContaining('crashed'),
    });
  });
  it('gives up on a driver that hangs', async () => {
    const file = await driver('hanging', 'export const create = () => { for (;;); };');
    await expect(findRealGpu({ file, timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'TRS_CORE_DEVICE_UNAVAILABLE',
      message: expect.stringContaining('no answer within 1000 ms'),
    });
  });
  it('says that there is no adapter', async () => {
    const file = await driver('empty', 'export const create = () => ({ requestAdapter: async () => null });');
    await expect(findRealGpu({ file })).rejects.toThrow('no adapter was found');
  });
  it('says what a package that does not load says', async () => {
    const file = await driver('broken', "throw new Error('libvulkan.so.1 is missing\\nat …');");
    await expect(findRealGpu({ file })).rejects.toThrow('libvulkan.so.1 is missing.');
  });
});

describe('the choice of the device', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('takes what is named, and refuses other names', async () => {
    expect((await openDevice('wasm')).name).toBe('wasm');
    const name: string = 'cuda';
    expect(() => deviceNamed(name)).toThrow(
      expect.objectContaining({
        code: 'TRS_CORE_DEVICE_UNKNOWN',
        message: expect.stringContaining('"cuda"'),
      }),
    );
  });
  it('takes what TRESTLE_DEVICE says', async () => {
    vi.stubEnv('TRESTLE_DEVICE', 'wasm');
    expect((await openDevice()).name).toBe('wasm');
    vi.stubEnv('TRESTLE_DEVICE', 'gpu');
    await expect(openDevice()).rejects.toMatchObject({ code: 'TRS_CORE_DEVICE_UNKNOWN' });
    expect(() => defaultDevice()).toThrow('TRESTLE_DEVICE: there is no device "gpu".');
  });
  it('does not compute on the CPU in silence when TRESTLE_DEVICE asks for a GPU', () => {
    vi.stubEnv('TRESTLE_DEVICE', 'webgpu');
    expect(() => tensor([1, 2])).toThrow(
      expect.objectContaining({
        code: 'TRS_CORE_DEVICE_NOT_OPEN',
        hint: expect.stringContaining('openDevice()'),
      }),
    );
  });
  it('opens the same CPU each time', async () => {
    expect(await openDevice('wasm')).toBe(await openDevice('wasm'));
    expect(await openDevice('wasm')).toBe(defaultDevice());
  });
});

describe('a program', () => {
  /** Runs statements after the imports, in a process of its own. */
  const run = async (statements: string, environment: Record<string, string>): Promise<string> => {
    const index = fileURLToPath(new URL('../src/index.ts', import.meta.url));
    const code = `import { openDevice, setDefaultDevice, tensor } from ${JSON.stringify(index)};\n${statements}`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module-typescript', '-e', code],
      {
        env: { ...process.env, ...environment },
      },
    );
    return stdout.trim();
  };
  /** No driver is found: the second name is what newer loaders look at first. */
  const noDriver = { VK_ICD_FILENAMES: '/nowhere.json', VK_DRIVER_FILES: '/nowhere.json' };
  const print = 'const t = tensor([1, 2]).add(1); console.log(t.device.name, [...await t.data()].join());';

  const choosing = `setDefaultDevice(await openDevice()); ${print}`;

  it('computes on the CPU where there is no adapter', async () => {
    expect(await run(choosing, { TRESTLE_DEVICE: '', ...noDriver })).toBe('wasm 2,3');
  });
  it('hears what to do when there is no adapter for the GPU that it asks for', async () => {
    const failing = "await openDevice().catch((e) => console.log(e.code, '|', e.message, '|', e.hint));";
    const said = await run(failing, { TRESTLE_DEVICE: 'webgpu', ...noDriver });
    expect(said).toMatch(
      /^TRS_CORE_DEVICE_UNAVAILABLE \| WebGPU is not available: .+ \| Install a GPU driver/,
    );
  });
});

const webgpu: unknown = await openDevice('webgpu').catch((reason: unknown) => reason);
describe.skipIf(webgpu instanceof Error && process.env.TRESTLE_REQUIRE_WEBGPU !== '1')('webgpu', () => {
  it('is opened once', async () => {
    expect(await openDevice('webgpu')).toBe(await openDevice('webgpu'));
  });
  it('is tried in another process, and chosen where it is not in software', async () => {
    const device = await openWebGpu();
    expect(await findRealGpu()).toBe(!device.isSoftware);
    vi.stubEnv('TRESTLE_DEVICE', '');
    expect((await openDevice()).name).toBe(device.isSoftware ? 'wasm' : 'webgpu');
    device.close();
  });
  it('is where tensors are made once it is the default', async () => {
    const before = defaultDevice();
    setDefaultDevice(await openDevice('webgpu'));
    try {
      const sum = tensor([1, 2]).add(1);
      expect(sum.device.name).toBe('webgpu');
      expect([...(await sum.data())]).toEqual([2, 3]);
    } finally {
      setDefaultDevice(before);
    }
  });
});
