import { cpuDevice } from './cpu/cpu-device.ts';
import type { Device } from './device.ts';

const cpu = cpuDevice();

/** Where tensors are made when no device is named: the CPU, which is always there. */
export const defaultDevice = (): Device => cpu;
