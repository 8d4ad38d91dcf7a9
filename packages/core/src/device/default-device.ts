import type { Device } from './device.ts';
import { wasmDevice } from './wasm/wasm-device.ts';

let opened: Device | undefined;

/** Where tensors are made when no device is named: the CPU, which is always there. Opened at first use. */
export function defaultDevice(): Device {
  opened ??= wasmDevice();
  return opened;
}
