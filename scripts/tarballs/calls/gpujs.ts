import { ok } from 'node:assert';
import { customKernel } from '@trestle/gpujs';

// gpu.js is the user's choice: without it the package says so.
const failure: unknown = await customKernel(() => 1, { output: [1] })().catch((thrown: unknown) => thrown);
ok(failure instanceof Error && 'code' in failure && failure.code === 'TRS_GPUJS_MISSING');
