import type { ExecutorModule } from '@trestle/contracts';

/** Where graphs run without a plugin: the core always, ONNX Runtime where whoever wants it has installed it. */
export const ownExecutors: readonly ExecutorModule[] = [
  { name: 'core', module: import.meta.resolve('@trestle/onnx/executor-core') },
  {
    name: 'onnxruntime',
    module: import.meta.resolve('@trestle/onnx/executor-onnxruntime'),
    needs: 'onnxruntime-node',
  },
];
