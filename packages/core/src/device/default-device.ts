import { CoreError } from '../core-error.ts';
import type { Device } from './device.ts';
import { requestedDevice } from './requested-device.ts';
import { wasmDevice } from './wasm/wasm-device.ts';

let cpu: Device | undefined;
let chosen: Device | undefined;

/** The CPU of this process, opened at first use. */
export function theWasmDevice(): Device {
  cpu ??= wasmDevice();
  return cpu;
}

/**
 * Where tensors are made when no device is named: the one given to `setDefaultDevice`, or else the CPU. A GPU cannot be opened
 * here, because that takes a while and tensors are made at once.
 *
 * @throws TRS_CORE_DEVICE_NOT_OPEN when `TRESTLE_DEVICE` asks for `webgpu`, and nobody has opened it
 */
export function defaultDevice(): Device {
  if (chosen) return chosen;
  if (requestedDevice() === 'webgpu') {
    throw new CoreError(
      'DEVICE_NOT_OPEN',
      'TRESTLE_DEVICE asks for "webgpu", but the program has not opened it before it makes its first tensor.',
      'Begin with setDefaultDevice(await openDevice()), or unset TRESTLE_DEVICE to compute on the CPU.',
    );
  }
  return theWasmDevice();
}

/** Makes tensors that name no device on this one from now on. Tensors that are there stay where they are. */
export function setDefaultDevice(device: Device): void {
  chosen = device;
}
