import { GpujsError } from './gpujs-error.ts';

/** gpu.js is chosen by who installs it: it brings native packages of its own. */
export async function loadGpujs(): Promise<typeof import('gpu.js')> {
  try {
    return await import('gpu.js');
  } catch (cause) {
    throw new GpujsError('MISSING', 'gpu.js is not installed.', {
      kind: 'unavailable',
      hint: 'Run `npm install gpu.js`.',
      cause,
    });
  }
}
