import process from 'node:process';
import { type Device, openDevice } from '../src/index.ts';

const webgpu: unknown = await openDevice('webgpu').catch((reason: unknown) => reason);
const isMissing = webgpu instanceof Error;
if (isMissing && process.env.TRESTLE_REQUIRE_WEBGPU === '1') throw webgpu;
if (isMissing) console.warn(`WebGPU is not compared: ${webgpu.message}`);

/** The devices that are there: names for titles, and how to open them. */
export const DEVICES: readonly (readonly [name: string, open: () => Promise<Device>])[] = [
  ['wasm', () => openDevice('wasm')],
  ...(isMissing ? [] : [['webgpu', () => openDevice('webgpu')] as const]),
];
