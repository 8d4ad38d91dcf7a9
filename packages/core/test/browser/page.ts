import { openDevice } from '../../src/index.ts';
import { deviceContract } from '../device-contract.ts';
import { operationsContract } from '../operations-contract.ts';
import { type PageResult, runCollected } from './page-runner.ts';

/** The entry of the page: `?device=webgpu` names the device whose contract is run. */
async function run(): Promise<readonly PageResult[]> {
  const name = new URLSearchParams(location.search).get('device') === 'webgpu' ? 'webgpu' : 'wasm';
  deviceContract(name, () => openDevice(name));
  operationsContract(name, () => openDevice(name));
  return await runCollected();
}

Object.assign(globalThis, { contractResults: run() });
