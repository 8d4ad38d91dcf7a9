// A program that another process runs: what it is asked to do is its argument.
import process from 'node:process';
import { wasmDevice } from '../../src/device/wasm/wasm-device.ts';
import { CoreError, tensor } from '../../src/index.ts';

const [, , mode] = process.argv;

async function main(): Promise<string> {
  if (mode === 'count') return String(wasmDevice().threads);
  const device = wasmDevice({ threads: 2, sharing: { beforeStart: 0 } });
  const x = tensor(new Float32Array(1_000_000).fill(1), { device });
  const isRight = async (): Promise<boolean> => (await x.add(1).data()).every((value) => value === 2);
  if (!(await isRight())) return 'wrong';
  if (mode === 'work') {
    // Until the thread has taken part.
    while (device.helped() === 0) {
      await isRight();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  if (mode === 'alone') {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (!(await isRight()) || device.helped() !== 0) return 'wrong';
  }
  return 'done';
}

try {
  console.log(await main());
} catch (thrown) {
  console.log(thrown instanceof CoreError ? thrown.code : thrown);
}
