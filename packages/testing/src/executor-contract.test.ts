import { coreExecutor, onnxRuntime } from '@trestle/onnx';
import onnxRuntimeNode from '@trestle/onnx/executor-onnxruntime';
import * as web from 'onnxruntime-web';
import { describe } from 'vitest';
import { executorContract } from './executor-contract.ts';

web.env.wasm.numThreads = 1;

executorContract(coreExecutor);

// The same adapter as that of onnxruntime-node, which weighs too much to be brought for tests.
executorContract(onnxRuntime('onnxruntime-web', async () => web));

const isInstalled = await import('onnxruntime-node' as string).then(
  () => true,
  () => false,
);
if (isInstalled) executorContract(onnxRuntimeNode);
else describe.skip('onnxruntime (not run: onnxruntime-node is not installed)', () => {});
