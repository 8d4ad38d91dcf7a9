import { defaultDevice } from './default-device.ts';
import type { Device } from './device.ts';
import { wasmDevice } from './wasm/wasm-device.ts';

export interface DeviceOptions {
  /**
   * Threads that the CPU computes with, the calling one included: as `TRESTLE_THREADS` says, or one per core, when left out. With
   * a number the device is a new one, whose tensors cannot be mixed with those of the default device.
   */
  readonly threads?: number;
}

/**
 * Opens a device. `wasm`, the CPU, is always there; `webgpu` is the browser's own, or Dawn's in Node (the optional package
 * `webgpu`).
 *
 * @throws TRS_CORE_DEVICE_UNAVAILABLE with the reason, TRS_CORE_THREADS when that is not a number of threads
 */
export async function openDevice(name: 'wasm' | 'webgpu', options: DeviceOptions = {}): Promise<Device> {
  if (name === 'wasm') return options.threads === undefined ? defaultDevice() : wasmDevice(options);
  const { openWebGpu } = await import('./webgpu/webgpu-device.ts');
  return await openWebGpu();
}
