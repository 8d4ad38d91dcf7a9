import { readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const folders = ['packages', 'plugins', 'apps'].flatMap((parent) =>
  readdirSync(parent).map((name) => `${parent}/${name}`),
);

export default defineConfig({
  test: {
    projects: folders.map((root) => ({
      test: {
        name: root,
        root,
        include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
        testTimeout: 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
