import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Project } from '../operation/context.ts';

/** The names under which a project's configuration is looked for, in this order. */
export const CONFIG_FILES = ['trestle.config.ts', 'trestle.config.js', 'trestle.config.json'] as const;

/** The configuration file in a folder, if there is one. */
export function configFileIn(dir: string): string | undefined {
  return CONFIG_FILES.map((name) => join(dir, name)).find((path) => existsSync(path));
}

/** The nearest folder upward that holds a configuration, else the folder itself. */
export function findProjectDir(from: string): string {
  const start = resolve(from);
  for (let dir = start; ; dir = dirname(dir)) {
    if (configFileIn(dir)) return dir;
    if (dirname(dir) === dir) return start;
  }
}

export const projectAt = (dir: string): Project => {
  const absolute = resolve(dir);
  return { dir: absolute, stateDir: join(absolute, '.trestle') };
};
