import { type Device, openDevice } from '../../src/index.ts';
import { deviceContract } from '../device-contract.ts';
import { halfContract } from '../half-contract.ts';
import { operationsContract } from '../operations-contract.ts';
import { threadedDevice } from '../threads/threaded-device.ts';
import { type PageResult, runCollected } from './page-runner.ts';

/** The entry of the page: `?device=webgpu` names the device whose contract is run; `wasm` has two threads where it may. */
async function run(): Promise<readonly PageResult[]> {
  const parameters = new URLSearchParams(location.search);
  const name = parameters.get('device') === 'webgpu' ? 'webgpu' : 'wasm';
  const open = async (): Promise<Device> => {
    if (name === 'webgpu') return await openDevice(name);
    const device = await threadedDevice(2, !parameters.has('policy'));
    Object.assign(globalThis, { threads: device.threads, helped: device.helped });
    return device;
  };
  deviceContract(name, open);
  operationsContract(name, open);
  halfContract(name, open);
  return await runCollected();
}

Object.assign(globalThis, { contractResults: run() });
