import type { Device, DeviceBuffer } from '../../src/device/device.ts';
import { runArgsort } from '../../src/device/wasm/argsort.ts';
import { allocate, type DType, type TypedArrayOf } from '../../src/graph/dtype.ts';
import { sizeOf } from '../../src/graph/shape.ts';
import type { Kernel } from '../../src/schedule/kernel.ts';
import { runAssemble, runGather, runScatterAdd } from './data-movement.ts';
import { runElementwise } from './elementwise.ts';
import { runMatmul } from './matmul.ts';
import { runReduce } from './reduce.ts';

interface HostBuffer extends DeviceBuffer {
  readonly values: TypedArrayOf;
}

const isHostBuffer = (buffer: DeviceBuffer): buffer is HostBuffer => 'values' in buffer;

const dtypeOf = (values: TypedArrayOf): DType =>
  values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'bool';

/** The reference that generated kernels are compared with: plain loops over typed arrays. */
export function interpreter(): Device {
  return {
    name: 'reference',
    description: 'plain loops over typed arrays',
    upload: (values) => wrap(values.slice()),
    run(kernel, inputs) {
      const output = allocate(kernel.dtype, sizeOf(kernel.shape));
      execute(kernel, inputs.map(valuesOf), output);
      return wrap(output);
    },
    read: async (buffer) => valuesOf(buffer),
  };
}

const wrap = (values: TypedArrayOf): HostBuffer => ({ dtype: dtypeOf(values), size: values.length, values });

function valuesOf(buffer: DeviceBuffer): TypedArrayOf {
  if (isHostBuffer(buffer)) return buffer.values;
  throw new TypeError('A buffer of another device reached the interpreter.');
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
