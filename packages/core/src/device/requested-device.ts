import { CoreError } from '../core-error.ts';

/** The devices that a program may ask for by name. */
export type DeviceName = 'wasm' | 'webgpu';

const NAMES: readonly string[] = ['wasm', 'webgpu'] satisfies readonly DeviceName[];

const isDeviceName = (name: string): name is DeviceName => NAMES.includes(name);

/** A name from outside as a device's. @throws TRS_CORE_DEVICE_UNKNOWN */
export function deviceNamed(name: string, origin = 'openDevice'): DeviceName {
  if (isDeviceName(name)) return name;
  throw new CoreError(
    'DEVICE_UNKNOWN',
    `${origin}: there is no device ${JSON.stringify(name)}.`,
    'Take "wasm" (the CPU) or "webgpu" (a GPU), or name none to have one chosen.',
  );
}

/** What `TRESTLE_DEVICE` asks for, if anything; browsers have no such variable. @throws TRS_CORE_DEVICE_UNKNOWN */
export function requestedDevice(): DeviceName | undefined {
  const name = typeof process === 'undefined' ? undefined : process.env?.TRESTLE_DEVICE;
  return name === undefined || name === '' ? undefined : deviceNamed(name, 'TRESTLE_DEVICE');
}
