import { defineConfig } from 'rolldown';

// A file costs a third of a millisecond to load, and there are more than a hundred and fifty: imported as they are, they take
// six times as long as in one piece. What is imported while a program runs (WebGPU) stays apart.
export default defineConfig({
  input: ['src/index.ts', 'src/assembler.ts', 'src/device/webgpu/find-real-gpu-in-page.ts'],
  platform: 'neutral',
  external: [/^node:/],
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  },
});
