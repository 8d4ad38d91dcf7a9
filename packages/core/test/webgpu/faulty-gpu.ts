/// <reference types="@webgpu/types" />
import { findAdapter } from '../../src/device/webgpu/adapter.ts';
import { openWebGpu, type WebGpuDevice } from '../../src/device/webgpu/webgpu-device.ts';

/** What a test makes happen, and sees. */
export interface Faults {
  readonly device: WebGpuDevice;
  /** What the driver does when it restarts. */
  loseDevice(message: string): void;
  /** Storage that the adapter has, in bytes; what is destroyed counts no more. */
  capacity: number;
  /** How often each method of the device was called. */
  readonly calls: ReadonlyMap<string, number>;
}

const STORAGE = 128;

/** The real device of this machine, which fails when a test says so. */
export async function openFaulty(options: { readonly maxBufferSize?: number } = {}): Promise<Faults> {
  const calls = new Map<string, number>();
  let lose: (info: GPUDeviceLostInfo) => void = () => undefined;
  const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
    lose = resolve;
  });
  const faults = {
    capacity: Number.POSITIVE_INFINITY,
    calls,
    loseDevice: (message: string): void => lose({ __brand: 'GPUDeviceLostInfo', reason: 'unknown', message }),
  };
  const { adapter } = await findAdapter();
  const requestDevice = async (descriptor?: GPUDeviceDescriptor): Promise<GPUDevice> => {
    const device = await adapter.requestDevice(descriptor);
    return overriding(
      device,
      { lost, limits: overriding(device.limits, options), ...memoryOf(device, faults) },
      calls,
    );
  };
  const gpu = { requestAdapter: async () => overriding(adapter, { requestDevice }) };
  return Object.assign(faults, { device: await openWebGpu({ gpu: gpu as unknown as GPU }) });
}

/** Buffers are refused when there is no room for them, as WebGPU has it: the error comes later, and the buffer is of no use. */
function memoryOf(device: GPUDevice, faults: { capacity: number }): Partial<GPUDevice> {
  let used = 0;
  const scopes: { readonly filter: GPUErrorFilter; hasFailed: boolean }[] = [];
  return {
    pushErrorScope(filter) {
      scopes.push({ filter, hasFailed: false });
      device.pushErrorScope(filter);
    },
    async popErrorScope() {
      const scope = scopes.pop();
      const error = await device.popErrorScope();
      return scope?.hasFailed ? ({ message: 'no memory' } as GPUError) : error;
    },
    createBuffer(descriptor) {
      const { size, usage } = descriptor;
      if ((usage & STORAGE) === 0) return device.createBuffer(descriptor);
      if (used + size > faults.capacity) {
        const scope = scopes.findLast(({ filter }) => filter === 'out-of-memory');
        if (scope) scope.hasFailed = true;
        // Without a usage a buffer is not valid.
        device.pushErrorScope('validation');
        const useless = device.createBuffer({ size, usage: 0 });
        void device.popErrorScope();
        return useless;
      }
      used += size;
      const buffer = device.createBuffer(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = (): undefined => {
        used -= size;
        destroy();
      };
      return buffer;
    },
  };
}

/** An object whose properties come from another one first; native methods keep their own `this`. */
function overriding<T extends object>(target: T, over: object, calls?: Map<string, number>): T {
  return new Proxy(target, {
    get(_, key) {
      const from = key in over ? over : target;
      const value: unknown = Reflect.get(from, key);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        calls?.set(String(key), (calls.get(String(key)) ?? 0) + 1);
        return Reflect.apply(value, from, args);
      };
    },
  });
}
