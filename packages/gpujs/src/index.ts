export { type CustomKernel, customKernel, type KernelOptions, type KernelThis } from './custom-kernel.ts';
export { GpujsError } from './gpujs-error.ts';
