import { shaderFailed } from './gpu-errors.ts';

/** A pipeline on its way: compiled beside the event loop. */
export interface Pipeline {
  readonly source: string;
  readonly label: string;
  /** Set once it is compiled. */
  ready?: { readonly gpu: GPUComputePipeline; readonly layout: GPUBindGroupLayout };
  error?: Error;
  readonly settled: Promise<void>;
}

/** More than any program in use has; what comes from ever new shapes is forgotten. */
const MAX_PIPELINES = 1_024;

/** Pipelines by their source: the same shader is compiled once. */
export function pipelineCache(
  device: GPUDevice,
  onCompile: (label: string, source: string) => void,
): (label: string, source: string) => Pipeline {
  const known = new Map<string, Pipeline>();
  return (label, source) => {
    const before = known.get(source);
    if (before) {
      // To the end of the line: the first ones are the longest unused.
      known.delete(source);
      known.set(source, before);
      return before;
    }
    onCompile(label, source);
    const pipeline: Pipeline = {
      source,
      label,
      settled: compile(device, label, source).then(
        (gpu) => {
          pipeline.ready = { gpu, layout: gpu.getBindGroupLayout(0) };
        },
        (cause: unknown) => {
          pipeline.error = shaderFailed(label, cause instanceof Error ? cause.message : String(cause));
        },
      ),
    };
    known.set(source, pipeline);
    if (known.size > MAX_PIPELINES) {
      const [oldest] = known.keys();
      if (oldest !== undefined) known.delete(oldest);
    }
    return pipeline;
  };
}

const compile = async (device: GPUDevice, label: string, code: string): Promise<GPUComputePipeline> =>
  await device.createComputePipelineAsync({
    label,
    layout: 'auto',
    compute: { module: device.createShaderModule({ label, code }), entryPoint: 'main' },
  });
