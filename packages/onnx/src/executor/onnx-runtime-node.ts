import { type OnnxRuntime, onnxRuntime } from './onnx-runtime.ts';

/** Installed by whoever wants it: its kernels are native, and its package weighs some hundred megabytes. */
const PACKAGE: string = 'onnxruntime-node';

/** ONNX Runtime's own kernels for the CPU. The module of a thread that runs models. */
// Its types are not there where it is not installed; what is used of them stands in `OnnxRuntime`.
export default onnxRuntime('onnxruntime', async () => (await import(PACKAGE)) as OnnxRuntime);
