import { allocate, type DType, type TypedArrayOf } from '../../graph/dtype.ts';
import type { Kernel } from '../../schedule/kernel.ts';
import { sizeOf } from '../../tensor/shape.ts';
import type { Device, DeviceBuffer } from '../device.ts';
import { runArgsort } from './argsort.ts';
import { runAssemble, runGather, runScatterAdd } from './data-movement.ts';
import { runElementwise } from './elementwise.ts';
import { runMatmul } from './matmul.ts';
import { runReduce } from './reduce.ts';

interface CpuBuffer extends DeviceBuffer {
  readonly values: TypedArrayOf;
}

const isCpuBuffer = (buffer: DeviceBuffer): buffer is CpuBuffer => 'values' in buffer;

const dtypeOf = (values: TypedArrayOf): DType =>
  values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';

/** The CPU: typed arrays, computed at once on the calling thread. */
export function cpuDevice(): Device {
  return {
    name: 'cpu',
    description: 'JavaScript typed arrays, one thread',
    upload: (values) => wrap(values),
    run(kernel, inputs) {
      const output = allocate(kernel.dtype, sizeOf(kernel.shape));
      execute(kernel, inputs.map(valuesOf), output);
      return wrap(output);
    },
    read: async (buffer) => valuesOf(buffer),
  };
}

const wrap = (values: TypedArrayOf): CpuBuffer => ({ dtype: dtypeOf(values), size: values.length, values });

function valuesOf(buffer: DeviceBuffer): TypedArrayOf {
  if (isCpuBuffer(buffer)) return buffer.values;
  throw new TypeError('A buffer of another device reached the CPU.');
}

function execute(kernel: Kernel, inputs: readonly TypedArrayOf[], output: TypedArrayOf): void {
  switch (kernel.kind) {
    case 'elementwise':
      runElementwise(kernel, inputs, output);
      break;
    case 'reduce':
      runReduce(kernel, inputs, output);
      break;
    case 'matmul':
      runMatmul(kernel, inputs, output);
      break;
    case 'assemble':
      runAssemble(kernel, inputs, output);
      break;
    case 'gather':
      runGather(kernel, inputs, output);
      break;
    case 'rows':
      throw new RangeError('The interpreter has no kernels over rows.');
    case 'argsort':
      if (inputs[0]) runArgsort(kernel, inputs[0], output);
      break;
    case 'scatterAdd':
      runScatterAdd(kernel, inputs, output);
      break;
  }
}
