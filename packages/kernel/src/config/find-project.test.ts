import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProjectDir, projectAt } from './find-project.ts';

describe('findProjectDir', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await realpath(await mkdtemp(join(tmpdir(), 'trestle-project-')));
    await mkdir(join(dir, 'a', 'b'), { recursive: true });
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is the nearest folder upward that holds a configuration', async () => {
    await writeFile(join(dir, 'trestle.config.json'), '{}');
    expect(findProjectDir(join(dir, 'a', 'b'))).toBe(dir);
    await writeFile(join(dir, 'a', 'trestle.config.ts'), '');
    expect(findProjectDir(join(dir, 'a', 'b'))).toBe(join(dir, 'a'));
  });

  it('is the folder itself where none does', () => {
    expect(findProjectDir(join(dir, 'a', 'b'))).toBe(join(dir, 'a', 'b'));
  });

  it('keeps state beside the configuration', () => {
    expect(projectAt(dir)).toEqual({ dir, stateDir: join(dir, '.trestle') });
  });
});
