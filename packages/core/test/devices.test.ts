import process from 'node:process';
import { afterAll, describe, it, vi } from 'vitest';
import { openWebGpu } from '../src/device/webgpu/webgpu-device.ts';
import { type Device, openDevice } from '../src/index.ts';
import { deviceContract } from './device-contract.ts';
import { halfContract } from './half-contract.ts';
import { interpreter } from './interpreter/interpreter.ts';
import { operationsContract } from './operations-contract.ts';
import { closeThreaded, threadedDevice } from './threads/threaded-device.ts';

// A software adapter takes seconds over the shaders that are written for real ones, on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

deviceContract('wasm, one thread', () => openDevice('wasm', { threads: 1 }));
operationsContract('wasm, one thread', () => openDevice('wasm', { threads: 1 }));
halfContract('wasm, one thread', () => openDevice('wasm', { threads: 1 }));

afterAll(closeThreaded);
deviceContract('wasm, two threads', () => threadedDevice(2));
operationsContract('wasm, two threads', () => threadedDevice(2));

// The interpreter that the generated kernels are compared with has to keep the contract too.
deviceContract('reference', async () => interpreter());
operationsContract('reference', async () => interpreter());
halfContract('reference', async () => interpreter());

const webgpu = await openDevice('webgpu').catch((reason: unknown) => reason);
if (webgpu instanceof Error && process.env.TRESTLE_REQUIRE_WEBGPU !== '1') {
  console.warn(`The contract is not run on WebGPU: ${webgpu.message}`);
  describe('webgpu: device contract', () => {
    it(`is not run: ${webgpu.message}`, (context) => context.skip(webgpu.message));
  });
} else {
  deviceContract('webgpu', () => openDevice('webgpu'));
  operationsContract('webgpu', () => openDevice('webgpu'));
  halfContract('webgpu', () => openDevice('webgpu'));
  // On a software adapter the shaders for real ones are others.
  const hardware = async (): Promise<Device> => await openWebGpu({ target: { isSoftware: false } });
  deviceContract('webgpu, shaders for hardware', hardware);
  operationsContract('webgpu, shaders for hardware', hardware);
  halfContract('webgpu, shaders for hardware', hardware);
  const withoutSubgroups = { isSoftware: false, subgroups: undefined };
  deviceContract('webgpu, shaders for hardware without subgroups', () =>
    openWebGpu({ target: withoutSubgroups }),
  );
}
