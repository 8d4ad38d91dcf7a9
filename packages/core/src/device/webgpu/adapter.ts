/// <reference types="@webgpu/types" />
import { ENOUGH_WORKGROUPS, type ShaderTarget } from '../../codegen/wgsl/program.ts';
import { unavailable } from './gpu-errors.ts';

/** What was found of WebGPU on this machine. */
export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  readonly description: string;
  /** Whether shaders run on the CPU: right for tests, of no use for speed. */
  readonly isSoftware: boolean;
}

/** SwiftShader, lavapipe, WARP, Apple's, and whatever says so itself. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render|\bwarp\b/i;

/** The adapter of the browser, or Dawn's in Node. @throws TRS_CORE_DEVICE_UNAVAILABLE */
export async function findAdapter(given?: GPU): Promise<FoundAdapter> {
  const gpu = given ?? (await findGpu());
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw unavailable('no adapter was found');
  return { adapter, ...judge(adapter.info) };
}

/** What an adapter says of itself. */
export type AdapterInfo = Pick<
  GPUAdapterInfo,
  'vendor' | 'architecture' | 'device' | 'description' | 'isFallbackAdapter'
>;

/** Whether it is a GPU, and how to call it. */
export function judge(info: AdapterInfo): Omit<FoundAdapter, 'adapter'> {
  const name = [info.vendor, info.description || info.device].filter((part) => part !== '').join(' ');
  const isSoftware = info.isFallbackAdapter === true || SOFTWARE.test(`${name} ${info.architecture}`);
  const description = name || 'an adapter without a name';
  return { isSoftware, description: isSoftware ? `${description} (software)` : description };
}

/** Takes what the adapter offers beyond WebGPU's least, where kernels have a use for it. */
export async function requestDevice(
  adapter: GPUAdapter,
  isProfiled: boolean,
): Promise<{ readonly device: GPUDevice; readonly canProfile: boolean }> {
  const { limits, features } = adapter;
  const canProfile = isProfiled && features.has('timestamp-query');
  const wanted: readonly GPUFeatureName[] = [...(canProfile ? (['timestamp-query'] as const) : []), ...USED];
  const device = await adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => features.has(feature)),
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
    },
  });
  return { device, canProfile };
}

/** Features that shaders are written for, where they are offered. */
const USED: readonly GPUFeatureName[] = ['subgroups'];

export const shaderTarget = (
  { limits, features }: GPUDevice,
  { info }: GPUAdapter,
  isSoftware: boolean,
): ShaderTarget => ({
  isSoftware,
  workgroupStorage: limits.maxComputeWorkgroupStorageSize,
  workgroupInvocations: limits.maxComputeInvocationsPerWorkgroup,
  workgroups: ENOUGH_WORKGROUPS,
  // 4 and 128 are what WebGPU allows; older browsers do not tell.
  subgroups: features.has('subgroups')
    ? { min: info.subgroupMinSize ?? 4, max: info.subgroupMaxSize ?? 128 }
    : undefined,
});

/** Dawn's instance, once for the process: its devices crash when they outlive it, and a collector knows no such order. */
let dawnInstance: GPU | undefined;

async function findGpu(): Promise<GPU> {
  if (typeof navigator !== 'undefined' && 'gpu' in navigator && navigator.gpu) return navigator.gpu;
  // A page has no packages to look in.
  if (typeof process === 'undefined') throw unavailable('this browser does not offer it');
  try {
    // Bundlers must not look for it: it is optional, and Node's alone.
    const specifier = 'webgpu';
    const dawn: typeof import('webgpu') = await import(
      /* @vite-ignore */ /* webpackIgnore: true */ specifier
    );
    dawnInstance ??= dawn.create([]);
    return dawnInstance;
  } catch (cause) {
    throw unavailable(
      cause instanceof Error ? (cause.message.split('\n')[0] ?? 'it did not load') : 'it did not load',
    );
  }
}
