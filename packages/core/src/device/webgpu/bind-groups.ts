/** The buffers of a dispatch, and what binds them. */
interface Bound {
  readonly buffers: readonly GPUBuffer[];
  readonly group: GPUBindGroup;
}

/** A dispatch meets few sets of buffers: a plan that is replayed takes the same ones again, or two in turn. */
const MAX_BOUND = 8;

/** Bind groups of one dispatch, by the buffers that they bind. The last buffer may be a part of one, for constants. */
export interface BindGroups {
  of(device: GPUDevice, layout: GPUBindGroupLayout, buffers: readonly GPUBuffer[]): GPUBindGroup;
}

export function bindGroups(constants?: { readonly offset: number; readonly size: number }): BindGroups {
  const known: Bound[] = [];
  return {
    of(device, layout, buffers) {
      const before = known.find((bound) =>
        bound.buffers.every((buffer, binding) => buffer === buffers[binding]),
      );
      if (before) return before.group;
      const entries = buffers.map((buffer, binding): GPUBindGroupEntry => {
        const isConstants = constants !== undefined && binding === buffers.length - 1;
        return { binding, resource: isConstants ? { buffer, ...constants } : { buffer } };
      });
      const group = device.createBindGroup({ layout, entries });
      if (known.length === MAX_BOUND) known.shift();
      known.push({ buffers, group });
      return group;
    },
  };
}
