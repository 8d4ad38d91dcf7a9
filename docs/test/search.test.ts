import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Guide, openGuide } from './guide.test.setup.ts';

// Each command is a process of its own, and so is each trial.
vi.setConfig({ testTimeout: 300_000 });

describe('the guide to search', () => {
  let guide: Guide;
  beforeAll(async () => {
    guide = await openGuide('guides/search.md');
    const text = await readFile(fileURLToPath(new URL('../guides/search.md', import.meta.url)), 'utf8');
    await writeFile(join(guide.dir, 'sweep.json'), /```json\n(.*?)```/s.exec(text)?.[1] ?? '');
  });
  afterAll(() => guide.remove());

  it('has a module and a search that do what it says', async () => {
    expect(await guide.types(['train.ts'])).toBe('');
    expect(await guide.printed()).toMatch(guide.says);
  });
});
