import { CoreError } from '../../core-error.ts';

export const unavailable = (reason: string): CoreError =>
  new CoreError(
    'DEVICE_UNAVAILABLE',
    `WebGPU is not available: ${reason}.`,
    'Install a GPU driver (Vulkan, Metal or Direct3D 12); in Node also the package "webgpu". The CPU works without.',
    'unavailable',
  );

export const deviceLost = (reason: string): CoreError =>
  new CoreError(
    'DEVICE_LOST',
    `The WebGPU device is gone, and its tensors with it: ${reason}.`,
    'Open a new one with openDevice("webgpu"), and make the tensors again from host data or a checkpoint.',
    'unavailable',
    true,
  );

export const outOfMemory = (bytes: number, usedBytes: number): CoreError =>
  new CoreError(
    'OUT_OF_MEMORY',
    `The WebGPU device had no memory left for ${bytes} bytes; ${usedBytes} were in use with them.`,
    'Use smaller batches, release tensors that are not needed any more, or use gradient checkpointing.',
    'unavailable',
  );

export const bufferTooLarge = (bytes: number, most: number): CoreError =>
  new CoreError(
    'BUFFER_TOO_LARGE',
    `A tensor of ${bytes} bytes does not fit into a buffer of this WebGPU adapter, which holds ${most}.`,
    'Split the tensor, or compute on the CPU.',
  );

export const shaderFailed = (label: string, message: string): CoreError =>
  new CoreError(
    'SHADER',
    `The adapter did not take the shader of "${label}": ${message}`,
    'This is a fault of Trestle or of the driver: please report it with the output of TRESTLE_DEBUG=3.',
    'unavailable',
  );

export const workRefused = (message: string): CoreError =>
  new CoreError(
    'DEVICE_REFUSED',
    `The WebGPU device refused work: ${message.trim()}`,
    'This is a fault of Trestle or of the driver: please report it.',
    'unavailable',
  );

export const foreignBuffer = (): CoreError =>
  new CoreError(
    'DEVICE_MISMATCH',
    'A buffer of another device reached WebGPU.',
    'Make all tensors of an operation on the same device.',
  );
