import { debug } from '../debug.ts';
import { theWasmDevice } from './default-device.ts';
import type { Device } from './device.ts';
import { type DeviceName, deviceNamed, requestedDevice } from './requested-device.ts';
import { wasmDevice } from './wasm/wasm-device.ts';

export interface DeviceOptions {
  /**
   * Threads that the CPU computes with, the calling one included: as `TRESTLE_THREADS` says, or one per core, when left out. With
   * a number the device is a new one, whose tensors cannot be mixed with those of the default device.
   */
  readonly threads?: number;
}

let gpu: Promise<Device> | undefined;
let hasRealGpu: Promise<boolean> | undefined;

/**
 * Opens a device. `wasm`, the CPU, is always there; `webgpu` is the browser's own, or Dawn's in Node (the optional package
 * `webgpu`), and the same one at each call until it is lost. Without a name, what `TRESTLE_DEVICE` says is opened; and if that
 * says nothing, `webgpu` where there is a real GPU (an adapter in software is none), or else `wasm`. It is found out at the
 * first such call, in Node in a process of its own, so that a driver that crashes costs nothing but the GPU.
 *
 * @throws TRS_CORE_DEVICE_UNKNOWN, TRS_CORE_DEVICE_UNAVAILABLE when `webgpu` is asked for by name and there is none,
 * TRS_CORE_THREADS when that is not a number of threads
 */
export async function openDevice(name?: DeviceName, options: DeviceOptions = {}): Promise<Device> {
  const wanted = name === undefined ? requestedDevice() : deviceNamed(name);
  if (wanted === 'webgpu' || (wanted === undefined && (await isGpuChosen()))) return await openGpu();
  return options.threads === undefined ? theWasmDevice() : wasmDevice(options);
}

/** Whether there is a real GPU that can be opened; what is in the way is said when somebody debugs. */
async function isGpuChosen(): Promise<boolean> {
  try {
    hasRealGpu ??= import('./webgpu/find-real-gpu.ts').then(({ findRealGpu }) => findRealGpu());
    if (!(await hasRealGpu)) return false;
    await openGpu();
    return true;
  } catch (reason) {
    if (debug().level >= 1)
      console.error(`No GPU is used: ${reason instanceof Error ? reason.message : reason}`);
    return false;
  }
}

async function openGpu(): Promise<Device> {
  const { openWebGpu } = await import('./webgpu/webgpu-device.ts');
  const before = gpu;
  const known = await before?.catch(() => undefined);
  if (known && known.lost === undefined) return known;
  // Whoever comes first opens it anew, for all that wait.
  if (gpu === before) gpu = openWebGpu();
  return await (gpu ?? openWebGpu());
}
