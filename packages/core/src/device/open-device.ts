import { defaultDevice } from './default-device.ts';
import type { Device } from './device.ts';

/**
 * Opens a device. `wasm`, the CPU, is always there; `webgpu` is the browser's own, or Dawn's in Node (the optional package
 * `webgpu`).
 *
 * @throws TRS_CORE_DEVICE_UNAVAILABLE with the reason
 */
export async function openDevice(name: 'wasm' | 'webgpu'): Promise<Device> {
  if (name === 'wasm') return defaultDevice();
  const { openWebGpu } = await import('./webgpu/webgpu-device.ts');
  return await openWebGpu();
}
