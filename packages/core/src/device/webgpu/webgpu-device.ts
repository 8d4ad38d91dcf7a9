/// <reference types="@webgpu/types" />
import { MAX_WORKGROUPS, WGSL_PRELUDE, WORKGROUP, wgslOf } from '../../codegen/wgsl.ts';
import { CoreError } from '../../core-error.ts';
import { allocate, type DType, type TypedArrayOf } from '../../graph/dtype.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Device, DeviceBuffer } from '../device.ts';

interface GpuDeviceBuffer extends DeviceBuffer {
  readonly gpu: GPUBuffer;
}

const isGpuBuffer = (buffer: DeviceBuffer): buffer is GpuDeviceBuffer => 'gpu' in buffer;

// From the WebGPU specification; the globals exist only in browsers.
const USAGE = { mapRead: 1, copySrc: 4, copyDst: 8, storage: 128 };
const MAP_READ = 1;
const WORD_BYTES = 4;

/** Opens the adapter of the browser, or Dawn's in Node. @throws TRS_CORE_DEVICE_UNAVAILABLE */
export async function openWebGpu(): Promise<Device> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw unavailable('no adapter was found');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  return webGpuDevice(
    gpu,
    device,
    [adapter.info.vendor, adapter.info.description || adapter.info.device].join(' ').trim(),
  );
}

function unavailable(reason: string): CoreError {
  return new CoreError(
    'DEVICE_UNAVAILABLE',
    `WebGPU is not available: ${reason}.`,
    'Install a GPU driver (Vulkan, Metal or Direct3D 12); in Node also the package "webgpu". The CPU works without.',
    'unavailable',
  );
}

async function findGpu(): Promise<GPU> {
  if (typeof navigator !== 'undefined' && 'gpu' in navigator && navigator.gpu) return navigator.gpu;
  try {
    const dawn = await import('webgpu');
    return dawn.create([]);
  } catch (cause) {
    throw unavailable(
      cause instanceof Error ? (cause.message.split('\n')[0] ?? 'it did not load') : 'it did not load',
    );
  }
}

function webGpuDevice(gpu: GPU, device: GPUDevice, description: string): Device {
  const pipelines = new Map<string, GPUComputePipeline>();
  // A buffer is freed when the last tensor that refers to it is collected: users never dispose.
  const finalizer = new FinalizationRegistry<GPUBuffer>((buffer) => buffer.destroy());
  let encoder: GPUCommandEncoder | undefined;
  let encoded = 0;

  const flush = (): void => {
    if (encoder) device.queue.submit([encoder.finish()]);
    encoder = undefined;
    encoded = 0;
  };
  const newBuffer = (dtype: DType, size: number): GpuDeviceBuffer => {
    const bytes = Math.max(1, size) * WORD_BYTES;
    if (bytes > device.limits.maxStorageBufferBindingSize) {
      throw new CoreError(
        'BUFFER_TOO_LARGE',
        `A tensor of ${size} elements does not fit into a buffer of this adapter (${device.limits.maxStorageBufferBindingSize} bytes).`,
        'Split the tensor.',
      );
    }
    const gpu = device.createBuffer({ size: bytes, usage: USAGE.storage | USAGE.copySrc | USAGE.copyDst });
    const buffer = { dtype, size, gpu };
    finalizer.register(buffer, gpu);
    return buffer;
  };
  const pipelineOf = (source: string): GPUComputePipeline => {
    const known = pipelines.get(source);
    if (known) return known;
    const module = device.createShaderModule({
      code: /signedPow\(|randomBits\(/.test(source) ? WGSL_PRELUDE + source : source,
    });
    const pipeline = device.createComputePipeline({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    pipelines.set(source, pipeline);
    return pipeline;
  };

  // Dawn's device crashes once its instance has been collected, so the device holds on to it.
  const held: Device & { readonly instance: GPU } = {
    name: 'webgpu',
    description,
    instance: gpu,
    upload(values) {
      const dtype: DType =
        values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';
      const buffer = newBuffer(dtype, values.length);
      const words = values instanceof Uint8Array ? Uint32Array.from(values) : values;
      // A view of a SharedArrayBuffer may not be written from; the copy never is one.
      if (words.length > 0) device.queue.writeBuffer(buffer.gpu, 0, words.slice());
      return buffer;
    },
    run(kernel, inputs) {
      const output = newBuffer(kernel.dtype, sizeOf(kernel.shape));
      const types = inputs.map((input) => input.dtype);
      for (const shader of wgslOf(kernel, types)) {
        if (shader.invocations === 0) continue;
        const pipeline = pipelineOf(shader.source);
        // The layout holds the bindings that the shader uses, and no others.
        const entries = [...inputs, output].flatMap((buffer, binding) =>
          isGpuBuffer(buffer) &&
          (buffer === output || new RegExp(`\\binput${binding}\\[`).test(shader.source))
            ? [{ binding, resource: { buffer: buffer.gpu } }]
            : [],
        );
        const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
        const workgroups = Math.ceil(shader.invocations / WORKGROUP);
        encoder ??= device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(Math.min(workgroups, MAX_WORKGROUPS), Math.ceil(workgroups / MAX_WORKGROUPS));
        pass.end();
        // Work starts while more of it is being encoded.
        if (++encoded >= 64) flush();
      }
      return output;
    },
    async read(buffer) {
      if (!isGpuBuffer(buffer)) throw new TypeError('A buffer of another device reached WebGPU.');
      flush();
      const bytes = Math.max(1, buffer.size) * WORD_BYTES;
      const staging = device.createBuffer({ size: bytes, usage: USAGE.mapRead | USAGE.copyDst });
      const copy = device.createCommandEncoder();
      copy.copyBufferToBuffer(buffer.gpu, 0, staging, 0, bytes);
      device.queue.submit([copy.finish()]);
      await staging.mapAsync(MAP_READ);
      const values = fromWords(buffer.dtype, staging.getMappedRange().slice(0), buffer.size);
      staging.destroy();
      return values;
    },
  };
  return held;
}

function fromWords(dtype: DType, words: ArrayBuffer, size: number): TypedArrayOf {
  if (dtype === 'float32') return new Float32Array(words, 0, size);
  if (dtype === 'int32') return new Int32Array(words, 0, size);
  const values = allocate('bool', size);
  values.set(new Uint32Array(words, 0, size));
  return values;
}
