import { defineConfig } from 'rolldown';

// Every command opens the store, and a file costs a third of a millisecond to load: Kysely has two hundred and fifty of them, of
// which most is not used. What only some commands need stays apart.
export default defineConfig({
  input: { index: 'src/index.ts', adapter: 'src/adapter.ts', backup: 'src/backup.ts' },
  platform: 'node',
  external: [/^node:/, /^@trestle\//, 'zod', 'age-encryption'],
  output: {
    dir: 'dist',
    format: 'esm',
    cleanDir: true,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  },
});
