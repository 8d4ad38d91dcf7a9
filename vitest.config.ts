import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const folders = [
  ...['packages', 'plugins', 'apps'].flatMap((parent) =>
    readdirSync(parent).map((name) => `${parent}/${name}`),
  ),
  'docs',
];

const project = (root: string, include: string[]) => ({
  test: {
    name: root,
    root,
    include,
    // Two files share two cores: a training of a minute may take two.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What is waited for comes when it comes: a second is not enough where several tests share two cores.
    expect: { poll: { timeout: 30_000 } },
    setupFiles: [fileURLToPath(new URL('scripts/property-tests.setup.ts', import.meta.url))],
  },
});

export default defineConfig({
  test: {
    // Most tests wait for processes of their own: on two cores two at once take less than twice as long.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      ...folders.map((root) => project(root, ['src/**/*.test.ts', 'test/**/*.test.ts'])),
      project('benchmarks', ['*/*.test.ts']),
      project('scripts', ['**/*.test.ts']),
    ],
  },
});
