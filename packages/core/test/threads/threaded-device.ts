import { type WasmDevice, wasmDevice } from '../../src/device/wasm/wasm-device.ts';
import { tensor } from '../../src/index.ts';

const open: WasmDevice[] = [];

/**
 * A device that shares whatever consists of more than one unit, once its threads have started and take part; where they cannot
 * start, nothing is waited for.
 */
export async function threadedDevice(threads: number, canStart = true): Promise<WasmDevice> {
  const device = wasmDevice({ threads, sharing: { leastWork: 0, beforeStart: 0 } });
  open.push(device);
  const x = tensor(new Float32Array(1_000_000), { device });
  while (canStart && device.threads > 1 && device.helped() === 0) {
    await x.add(1).data();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return device;
}

export function closeThreaded(): void {
  for (const device of open.splice(0)) device.close();
}
